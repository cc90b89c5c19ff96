/**
 * Galapagos under wine: an installation for Windows of links to the built programs, and a wine of
 * its own. `GALAPAGOS_WINDOWS_NODE` names a `node.exe` in a folder `node_modules` that has
 * `@libsql/win32-x64-msvc` as well.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.ts';
import { forwardingLibrary } from './windows-library.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const node = process.env['GALAPAGOS_WINDOWS_NODE'] ?? '';
const modules = dirname(dirname(dirname(node)));

/** Reason why nothing can run under wine; null: it can. */
export function noWine(): string | null {
  if (spawnSync('wine', ['--version']).status !== 0) return 'wine is not installed';
  if (!existsSync(node)) return 'GALAPAGOS_WINDOWS_NODE names no node.exe';
  return existsSync(join(modules, '@libsql', 'win32-x64-msvc'))
    ? null
    : `${modules} has no @libsql/win32-x64-msvc`;
}

export interface WineResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedInWine {
  /** Path of the file that has its standard output so far. */
  readonly stdout: string;
  readonly ended: Promise<WineResult>;
  kill(): void;
}

export class Wine {
  readonly #folder = temporaryFolder();
  readonly #env: NodeJS.ProcessEnv;
  #runs = 0;

  constructor() {
    const app = this.#folder.file('app');
    mkdirSync(app);
    for (const name of ['out', 'bin', 'resources', 'node_modules', 'package.json'])
      symlinkSync(join(root, name), join(app, name));
    // Above the app: packages for Windows only.
    symlinkSync(modules, this.#folder.file('node_modules'));
    mkdirSync(this.#folder.file('work'));
    this.#env = {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8' },
      ...{
        WINEPREFIX: this.#folder.file('prefix'),
        WINEDEBUG: '-all',
        WINEDLLOVERRIDES: 'mscoree=',
      },
      WINEPATH: windowsPath(dirname(node)),
      GALAPAGOS_HOME: windowsPath(this.#folder.file('home')),
      GALAPAGOS_DISCOVERY: 'off',
    };
    this.#wine('wineboot', '--init');
    // Node starts on Windows 8.1 and later only.
    this.#wine('winecfg', '-v', 'win10');
    // A library that libsql needs and wine 8.0 lacks.
    const library = this.#folder.file('prefix/drive_c/windows/system32/bcryptprimitives.dll');
    if (!existsSync(library))
      writeFileSync(
        library,
        forwardingLibrary('bcryptprimitives.dll', 'ProcessPrng', 'advapi32.SystemFunction036'),
      );
  }

  /** Writes a file into the working folder. @returns its path */
  write(name: string, text: string): string {
    const path = join(this.#folder.path, 'work', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Path of a file in the working folder. */
  file(name: string): string {
    return join(this.#folder.path, 'work', name);
  }

  /** Runs `galapagos` in the working folder. */
  run(...args: readonly string[]): Promise<WineResult> {
    return this.start(...args).ended;
  }

  start(...args: readonly string[]): StartedInWine {
    this.#runs += 1;
    // Node for Windows cannot open pipes of Linux under wine (EBADF).
    const [stdout, stderr] = ['out', 'err'].map((name) =>
      this.#folder.file(`${String(this.#runs)}.${name}`),
    ) as [string, string];
    const files = [stdout, stderr].map((path) => openSync(path, 'w'));
    const program = windowsPath(this.#folder.file('app/bin/galapagos.mjs'));
    const child = spawn('wine', [node, program, ...args], {
      cwd: this.#folder.file('work'),
      env: this.#env,
      stdio: ['ignore', ...files],
    });
    for (const file of files) closeSync(file);
    const ended = once(child, 'exit').then(([code]: (number | null)[]) => ({
      code: code ?? null,
      stdout: readFileSync(stdout, 'utf8'),
      stderr: readFileSync(stderr, 'utf8'),
    }));
    return { stdout, ended, kill: () => child.kill('SIGKILL') };
  }

  /** Ends every process of this wine, and deletes its folder. */
  remove(): void {
    this.#wine('wineboot', '--kill');
    this.#folder.remove();
  }

  #wine(...args: readonly string[]): void {
    const { status } = spawnSync('wine', args, { env: this.#env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`wine ${args.join(' ')} ended with status ${String(status)}`);
  }
}

/** Path of a file as programs of wine see it. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}
