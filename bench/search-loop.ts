/** A search on a virtual clock: W workers and random durations. */
import { exp } from '../src/core/elementary.ts';
import { PURPOSE, Stream } from '../src/core/random.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';
import type { Direction } from '../src/core/study/direction.ts';
import type { Proposer } from './proposers.ts';

export interface LoopProblem {
  readonly direction: Direction;
  readonly evaluate: (params: EncodedParams, u: number) => number | Promise<number>;
}

export interface LoopSetting {
  /** Seed of durations and of what single trainings return; the proposer has its own. */
  readonly seed: number;
  readonly workers: number;
  /** True if the workers are lanes of one card: they start and end together. */
  readonly together?: boolean;
  /**
   * Numbers of completions at which the best observed point is recorded, ascending; the last is the
   * budget.
   */
  readonly checkpoints: readonly number[];
}

interface Trial {
  readonly number: number;
  readonly params: EncodedParams;
  readonly value: number;
  readonly endsAt: number;
}

/** Returns the point recommended (best observed, ties by smaller number) at each checkpoint. */
export async function searchLoop(
  { direction, evaluate }: LoopProblem,
  proposer: Proposer,
  { seed, workers, together = false, checkpoints }: LoopSetting,
): Promise<readonly EncodedParams[]> {
  const budget = checkpoints.at(-1) ?? 0;
  const running: Trial[] = [];
  const recommended: EncodedParams[] = [];
  let best: Trial | null = null;
  let now = 0;
  let proposed = 0;
  let ended = 0;

  const ask = async (): Promise<boolean> => {
    if (proposed >= budget || running.length >= workers) return false;
    const params = await proposer.propose();
    if (params === null) return false;
    const number = proposed;
    proposed += 1;
    const world = new Stream(seed, { purpose: PURPOSE.simulation, trial: number + 1 });
    const endsAt = now + (together ? 1 : exp(0.5 * world.normal()));
    const value = await evaluate(params, world.uniform53());
    running.push({ number, params, value, endsAt });
    return true;
  };

  while (ended < budget) {
    if (!together || running.length === 0) while (await ask());
    running.sort((a, b) => b.endsAt - a.endsAt || b.number - a.number);
    const next = running.pop();
    if (next === undefined) break;
    now = next.endsAt;
    ended += 1;
    await proposer.ended(next.number, next.value);
    if (best === null || isBetter(direction, next, best)) best = next;
    if (checkpoints.includes(ended)) recommended.push(best.params);
  }
  return recommended;
}

function isBetter(direction: Direction, trial: Trial, other: Trial): boolean {
  const gain = direction === 'minimize' ? other.value - trial.value : trial.value - other.value;
  return gain > 0 || (gain === 0 && trial.number < other.number) || Number.isNaN(other.value);
}
