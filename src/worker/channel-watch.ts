/**
 * Detects that the IPC channel to the parent process has closed: the parent disconnected or exited.
 * Where there is no channel, or the event loop is blocked, the watchdog (`runtime/watchdog.ts`)
 * detects an exited parent.
 */

/** Calls `gone` once, possibly synchronously. */
export function watchChannel(gone: () => void): void {
  if (process.send === undefined) return;
  if (process.connected) process.once('disconnect', gone);
  else gone();
}
