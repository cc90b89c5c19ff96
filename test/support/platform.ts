/** Why a test cannot run on this system: reasons that the reporter prints beside the skipped test. */
import type { TestContext } from 'vitest';

/** Null where files have POSIX permission modes. */
export const noModes = process.platform === 'win32' ? 'Windows has no POSIX file modes' : null;

/** Null where /proc tells about processes. */
export const noProc = process.platform === 'linux' ? null : 'only Linux has /proc';

/** Null where the user folder is the one that XDG_DATA_HOME names. */
export const noXdg = process.platform === 'linux' ? null : 'only Linux uses XDG_DATA_HOME';

/** Skips the test when there is a reason to. */
export function skipIf(reason: string | null, { skip }: TestContext): void {
  skip(reason !== null, reason ?? '');
}
