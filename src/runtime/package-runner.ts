/**
 * Finds the package runner (npm, npx, pnpm, yarn, bun) that started a process. The runner is the
 * direct parent, or the parent of the `sh -c` that runs a script; other ancestors, such as a
 * terminal or an editor, do not count.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly parent: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
}

/** Returns null if no such process exists. */
export type LookUp = (pid: number) => ProcessEntry | null;

const SHELL = /(^|\/)(sh|ash|dash|bash|zsh|ksh|fish|busybox)$/;
const RUNNER = /(^|[\s/])(npm|npx|pnpm|yarn|bun)(-cli)?([\s.]|$)/;

/**
 * Returns the process id of the runner; null if there is none, or if the script's shell has already
 * exited: a script that ends in `&` leaves its process running on purpose. Always null on Windows.
 */
export function packageRunner(
  env: Readonly<Record<string, string | undefined>>,
  lookUp: LookUp = process.platform === 'win32' ? () => null : processEntry,
  parent: number = process.ppid,
): number | null {
  // Every runner sets this variable, and all its descendants inherit it.
  if ((env['npm_lifecycle_event'] ?? '') === '') return null;
  for (let pid = parent; pid > 1;) {
    const entry = lookUp(pid);
    if (entry === null) return null;
    const [program = '', option = ''] = entry.command;
    if (SHELL.test(program) && /^-\w*c$/.test(option)) pid = entry.parent;
    else return RUNNER.test(entry.command.slice(0, 2).join(' ')) ? pid : null;
  }
  return null;
}

/** Returns whether a process of this machine runs; zombies do not count. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return process.platform !== 'linux' || linuxEntry(pid) !== null;
}

function processEntry(pid: number): ProcessEntry | null {
  try {
    if (process.platform === 'linux') return linuxEntry(pid);
    const text = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [parent, ...command] = text.trim().split(/\s+/);
    return { parent: Number(parent), command };
  } catch {
    return null;
  }
}

function linuxEntry(pid: number): ProcessEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may itself contain spaces and
    // parentheses.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    // npm overwrites its arguments: "npm run serve" is then one of them.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { parent: Number(parent), command };
  } catch {
    return null;
  }
}
