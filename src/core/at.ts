/**
 * Indexing for entries that must exist. Not for values that may really be absent: those use `??`.
 */

/**
 * The entry at `index`.
 * @throws RangeError naming index and length when there is none: a programming error, never input
 */
export function at<T>(entries: ArrayLike<T>, index: number): T {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError(`no entry ${index} in ${entries.length}`);
  return entry;
}
