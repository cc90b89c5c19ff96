/** Indexing for entries that must exist. Values that may be absent use `??` instead. */

/**
 * Returns the entry at `index`.
 * @throws RangeError with index and length if there is none: a programming error, never bad input
 */
export function at<T>(entries: ArrayLike<T>, index: number): T {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError(`no entry ${index} in ${entries.length}`);
  return entry;
}
