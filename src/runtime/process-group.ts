/** Signals to processes that this one started, and to nobody else. */
import { spawnSync } from 'node:child_process';

/**
 * Signals a process's group, or the process where groups do not exist. A process that is gone
 * already is no error.
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
    // ESRCH: nobody is left in the group.
  }
}

/**
 * Signals a child, if it was started. One that could not be has no process but, until its `error`
 * is told, a handle: Node's own `kill` signals process 0 through it, which is everyone in the
 * caller's group.
 */
export function killChild(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): unknown },
  signal: NodeJS.Signals,
): void {
  if (child.pid !== undefined) child.kill(signal);
}
