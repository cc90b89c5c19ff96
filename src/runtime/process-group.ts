/** Sends signals to processes that this one started, and to no others. */
import { spawnSync } from 'node:child_process';

/**
 * Signals a process's group, or the process where the platform has no groups. Ignores a process
 * that has already exited.
 */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is empty.
  }
}

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
