/** Recent progress: improvement by the latest trials compared with the noise of one training. */
import type { Direction } from '../study/direction.ts';
import type { Pool } from './lifelines.ts';
import type { Noise } from './noise.ts';

/** Trials of a study as this analysis reads them; `TrialColumns` implements it. */
export interface EndedTrials {
  readonly direction: Direction;
  /** Number of trials that have ended. */
  readonly ended: number;
  /** Trial number of the i-th completion, 0 ≤ i < ended. */
  completion(i: number): number;
  /** Value of an ended trial; not finite if it failed or diverged. */
  value(number: number): number;
}

export interface Worth {
  /** Number of generations considered; null for asynchronous samplers, where trials are counted. */
  readonly generations: number | null;
  /** Number of ended trials considered. */
  readonly trials: number;
  /** Improvement over the best value before them; at least 0, in either direction. */
  readonly gain: number;
  /**
   * `gains`: more than the noise of one training. `withinNoise`: not more. `unknown`: the noise is
   * not known.
   */
  readonly verdict: 'gains' | 'withinNoise' | 'unknown';
}

const GENERATIONS = 2;

/**
 * Evaluates the last two generations with a completion (including the current one), or for
 * asynchronous samplers as many latest completions as twice the population.
 * @param noise null if unknown
 * @returns null if no finite value precedes them
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
