/**
 * Reasons why a test cannot run on this system, which the reporter prints beside the skipped test.
 */
import type { TestContext } from 'vitest';

/** Null where files have POSIX permission modes. */
export const noModes = process.platform === 'win32' ? 'Windows has no POSIX file modes' : null;

/** Null where commands run in a POSIX shell. */
export const noShell = process.platform === 'win32' ? 'Windows has no POSIX shell' : null;

/** Null where /proc describes processes. */
export const noProc = process.platform === 'linux' ? null : 'only Linux has /proc';

/** Null where XDG_DATA_HOME determines the user folder. */
export const noXdg = process.platform === 'linux' ? null : 'only Linux uses XDG_DATA_HOME';

/** Skips the test if there is a reason. */
export function skipIf(reason: string | null, { skip }: TestContext): void {
  skip(reason !== null, reason ?? '');
}
