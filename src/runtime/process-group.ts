/** Sends signals to processes that this one started, and to no others. */
import { spawn } from 'node:child_process';
import { win32 } from 'node:path';

/**
 * Signals a process's group. Windows has neither groups nor signals: there, every signal ends the
 * process and its descendants by force. Ignores a process that has already exited.
 */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    endTree(pid);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is empty.
  }
}

/**
 * Kills what a process that has exited left in its group. Does nothing on Windows, which has no
 * groups and gives the id of the process to the next one.
 */
export function killRest(
  pid: number | undefined,
  platform: NodeJS.Platform = process.platform,
  kill: typeof killGroup = killGroup,
): void {
  if (platform !== 'win32') kill(pid, 'SIGKILL');
}

/** Starts a program and calls back with its exit status; null: it could not be started. */
type Start = (
  program: string,
  args: readonly string[],
  ended: (status: number | null) => void,
) => void;

/** Exit status of taskkill where no process has the id. */
const NOT_FOUND = 128;

/** Ends a process of Windows and its descendants, without waiting for their end. */
export function endTree(
  pid: number,
  start: Start = startHidden,
  end: (pid: number) => void = (each) => void process.kill(each, 'SIGKILL'),
): void {
  const root = process.env['SystemRoot'] ?? String.raw`C:\Windows`;
  // By its path: a program of that name may be in the working folder, which precedes PATH.
  const taskkill = win32.join(root, 'System32', 'taskkill.exe');
  start(taskkill, ['/pid', String(pid), '/T', '/F'], (status) => {
    if (status === 0 || status === NOT_FOUND) return;
    try {
      // taskkill is missing or forbidden; descendants may be left.
      end(pid);
    } catch {
      // ESRCH: it has exited meanwhile.
    }
  });
}

const startHidden: Start = (program, args, ended) => {
  const child = spawn(program, args, { windowsHide: true, stdio: 'ignore' });
  child.once('error', () => ended(null));
  child.once('exit', ended);
};

/**
 * Signals a child if it was started. A child that could not be started has a handle but no process
 * until its `error` event; Node's own `kill` would signal process 0 through that handle, which is
 * the caller's whole group.
 */
export function killChild(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): unknown },
  signal: NodeJS.Signals,
): void {
  if (child.pid !== undefined) child.kill(signal);
}
