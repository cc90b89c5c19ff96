/** Is it still worth it: what the latest trials gained, beside the noise of one training. */
import type { Direction } from '../study/direction.ts';
import type { Pool } from './lifelines.ts';
import type { Noise } from './noise.ts';

/** What is read of a study's trials; `TrialColumns` is it. */
export interface EndedTrials {
  readonly direction: Direction;
  /** How many have ended. */
  readonly ended: number;
  /** Number of the i-th completion, 0 ≤ i < ended. */
  completion(i: number): number;
  /** Of an ended trial; not finite where it failed or diverged. */
  value(number: number): number;
}

export interface Worth {
  /** How many generations were looked at; null: there are none, births were counted. */
  readonly generations: number | null;
  /** How many ended trials that is. */
  readonly trials: number;
  /** By how much they bettered the best before them; 0 or more, in either direction. */
  readonly gain: number;
  /**
   * `gains`: more than one training's noise. `withinNoise`: not so. `unknown`: the noise is not
   * known.
   */
  readonly verdict: 'gains' | 'withinNoise' | 'unknown';
}

const GENERATIONS = 2;

/**
 * Over the last two generations that have an end (the present one counts), or as many latest ends
 * as two pools hold.
 * @param noise null: not known
 * @returns null: there is no finite value before them to compare with
 */
export function worthOf(trials: EndedTrials, pool: Pool, noise: Noise | null): Worth | null {
  const sign = trials.direction === 'maximize' ? 1 : -1;
  const isLate = latenessOf(trials, pool);
  let [before, late, count] = [-Infinity, -Infinity, 0];
  for (let i = 0; i < trials.ended; i++) {
    const number = trials.completion(i);
    const value = sign * trials.value(number);
    const better = Number.isFinite(value) ? value : -Infinity;
    if (isLate(number, i)) {
      count += 1;
      late = Math.max(late, better);
    } else before = Math.max(before, better);
  }
  if (before === -Infinity || count === 0) return null;
  const gain = Math.max(0, late - before);
  const verdict = noise === null ? 'unknown' : gain > noise.deviation ? 'gains' : 'withinNoise';
  return {
    generations: pool.generation === null ? null : GENERATIONS,
    trials: count,
    gain,
    verdict,
  };
}

function latenessOf(
  trials: EndedTrials,
  { size, generation }: Pool,
): (number: number, completion: number) => boolean {
  if (generation === null)
    return (_, completion) => completion >= trials.ended - GENERATIONS * size;
  let latest = 0;
  for (let i = 0; i < trials.ended; i++) latest = Math.max(latest, trials.completion(i));
  const first = (Math.floor(latest / generation) + 1 - GENERATIONS) * generation;
  return (number) => number >= first;
}
