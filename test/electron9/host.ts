/**
 * The Electron that the suite runs on: the legacy host that `GALAPAGOS_ELECTRON9` names (9.4.1,
 * with what it lacks supplied by `shim/`), or a current one that `GALAPAGOS_ELECTRON` names, with
 * the app as it was built.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const legacyFolder = join(root, '.cache', 'electron9');

export interface Host {
  readonly program: string;
  readonly legacy: boolean;
  /** Arguments of Electron. */
  readonly app: string;
}

/** The host, or the reason why there is none. */
export function hostOrReason(): Host | string {
  const current = process.env['GALAPAGOS_ELECTRON'] ?? '';
  const legacy = process.env['GALAPAGOS_ELECTRON9'] ?? '';
  const program = current === '' ? legacy : current;
  if (program === '') return 'no Electron: GALAPAGOS_ELECTRON9 and GALAPAGOS_ELECTRON name none';
  if (!existsSync(program)) return `no Electron: ${program} is not there`;
  if (
    process.platform === 'linux' &&
    (process.env['DISPLAY'] ?? '') === '' &&
    !existsSync('/usr/bin/Xvfb')
  )
    return 'no display, and no Xvfb to make one';
  return current === ''
    ? { program, legacy: true, app: join(legacyFolder, 'app') }
    : { program, legacy: false, app: root };
}

export interface Running {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly pid: number;
  /** Errors that the page threw. */
  readonly errors: readonly string[];
}

/** @param home absolute path of the user's folder, which determines the instance */
export async function launch(
  { program, app: folder }: Host,
  home: string,
  args: readonly string[] = [],
): Promise<Running> {
  const app = await _electron.launch({
    executablePath: program,
    args: argumentsOf(folder, args),
    env: environment(home),
    timeout: 60_000,
  });
  try {
    const page = await app.firstWindow();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    // Does not poll with a function, because the page's policy refuses to evaluate it.
    await page.locator('#app > *').first().waitFor({ state: 'attached' });
    const { pid } = app.process();
    if (pid === undefined) throw new Error('Electron has no process id');
    return { app, page, pid, errors };
  } catch (error) {
    app.process().kill('SIGKILL');
    throw error;
  }
}

export function argumentsOf(folder: string, args: readonly string[] = []): string[] {
  // As root Chromium refuses to start with its sandbox; what the page may reach is tested, the
  // system's sandbox is not.
  return [...(process.platform === 'linux' ? ['--no-sandbox'] : []), folder, ...args];
}

export function environment(home: string): Record<string, string> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  return {
    ...env,
    GALAPAGOS_HOME: home,
    GALAPAGOS_ELECTRON9_NODE: process.execPath,
    npm_node_execpath: process.execPath,
  };
}
