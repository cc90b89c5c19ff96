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

/**
 * Returns an entry that must exist, for hot loops: `defined(entries[i])` reads the array at the
 * call site, so that the compiler specialises each read for its type of array.
 * @throws RangeError if there is none: a programming error, never bad input
 */
export function defined<T>(entry: T | undefined): T {
  if (entry === undefined) throw new RangeError('an index is out of range');
  return entry;
}
