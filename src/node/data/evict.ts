/**
 * Decides which fetched datasets a node removes: the least recently used, and never one that an
 * unfinished study names. Removes nothing itself.
 */

export interface Kept {
  /** SHA-256 of the content. */
  readonly content: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

export interface Limits {
  /** Bytes that all kept datasets may have together. */
  readonly most: number;
  /** Bytes that have to be free on the disk, and are. */
  readonly needed: number;
  readonly free: number;
}

/** Most bytes of fetched datasets, and greatest share of the disk. */
const MOST_BYTES = 50e9;
const MOST_SHARE = 0.2;

/** Returns how many bytes of fetched datasets a disk of this size keeps. */
export function keptBytes(diskBytes: number): number {
  return Math.min(MOST_BYTES, diskBytes * MOST_SHARE);
}

/**
 * @param wanted contents that unfinished studies name
 * @returns the datasets to remove, least recently used first
 */
export function toEvict(
  kept: readonly Kept[],
  wanted: ReadonlySet<string>,
  { most, needed, free }: Limits,
): Kept[] {
  let excess = kept.reduce((sum, { bytes }) => sum + bytes, 0) + needed - most;
  let short = needed - free;
  const evicted: Kept[] = [];
  const oldestFirst = kept
    .filter(({ content }) => !wanted.has(content))
    .sort((a, b) => a.usedAt - b.usedAt || (a.content < b.content ? -1 : 1));
  for (const each of oldestFirst) {
    if (excess <= 0 && short <= 0) break;
    evicted.push(each);
    excess -= each.bytes;
    short -= each.bytes;
  }
  return evicted;
}
