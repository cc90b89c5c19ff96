/**
 * Sorted numbers of ended trials, one list for each key (a step, a rung). Ended trials never
 * change, so each list is extended by the trials that ended since it was last read.
 */
import { at } from '../at.ts';
import type { PrunedTrials } from './pruner.ts';

/** Greatest number of new samples that are inserted one by one. */
const INSERTED = 16;

export class SortedSamples {
  readonly #lists = new Map<number, { read: number; sorted: number[] }>();
  readonly #sampleOf: (trials: PrunedTrials, number: number, key: number) => number | null;

  /** @param sampleOf sample of an ended trial for a key; null: it has none */
  constructor(sampleOf: (trials: PrunedTrials, number: number, key: number) => number | null) {
    this.#sampleOf = sampleOf;
  }

  /** Returns the samples of all ended trials in ascending order. */
  at(trials: PrunedTrials, key: number): readonly number[] {
    let list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, (list = { read: 0, sorted: [] }));
    const added: number[] = [];
    for (; list.read < trials.ended; list.read++) {
      const sample = this.#sampleOf(trials, trials.completion(list.read), key);
      if (sample !== null) added.push(sample);
    }
    if (added.length > INSERTED) list.sorted = [...list.sorted, ...added].sort((a, b) => a - b);
    else for (const sample of added) list.sorted.splice(below(list.sorted, sample), 0, sample);
    return list.sorted;
  }
}

/** Returns how many of sorted numbers are below a number; O(log n). */
export function below(sorted: readonly number[], number: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns a quantile of sorted numbers, interpolated linearly as numpy does; NaN: no numbers. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const from = at(sorted, low);
  const to = at(sorted, Math.min(low + 1, sorted.length - 1));
  return from === to ? from : from + (to - from) * (place - low);
}
