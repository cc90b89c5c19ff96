/**
 * Notices that the channel to the process which started this one has closed: that process has let
 * go, or is gone. The watchdog (`runtime/watchdog.ts`) notices a parent that is gone where there is
 * no channel or the event loop is blocked.
 */

/** Calls `gone` once, possibly at once. */
export function watchChannel(gone: () => void): void {
  if (process.send === undefined) return;
  if (process.connected) process.once('disconnect', gone);
  else gone();
}
