/**
 * Notices that the process which started this one is gone: its channel closes, and this process gets another parent. The
 * first needs the channel, the second a little time; either is enough.
 */

/** Milliseconds between two looks at who the parent is. */
const LOOK_MS = 250;

/** Calls `gone` once, possibly at once. */
export function watchParent(gone: () => void): void {
  const parent = process.ppid;
  // Stays true when the channel has closed since.
  const hasChannel = process.send !== undefined;
  let told = false;
  const tell = (): void => {
    if (!told) gone();
    told = true;
    clearInterval(timer);
  };
  const timer = setInterval(() => {
    if (process.ppid !== parent || (hasChannel && !process.connected)) tell();
  }, LOOK_MS);
  process.once('disconnect', tell);
  // It may have gone before anyone looked: then this process belongs to the system's first one already.
  if (parent <= 1 || (hasChannel && !process.connected)) tell();
}
