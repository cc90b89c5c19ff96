/**
 * A search on a virtual clock: W workers, random durations, the columns and samplers of a real
 * study.
 */
import { exp } from '../src/core/elementary.ts';
import { PURPOSE, Stream } from '../src/core/random.ts';
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import type { EncodedParams, SearchSpace } from '../src/core/search-space/distribution.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import type { Direction } from '../src/core/study/study-spec.ts';

export interface LoopProblem {
  readonly space: SearchSpace;
  readonly direction: Direction;
  readonly evaluate: (params: EncodedParams, u: number) => number;
}

export interface LoopSetting {
  readonly sampler: SamplerSpec;
  readonly seed: number;
  readonly workers: number;
  /** Whether the workers are lanes of one card: they start and end together. */
  readonly together?: boolean;
  /**
   * Numbers of completions at which the best observed point is recorded, ascending; the last is the
   * budget.
   */
  readonly checkpoints: readonly number[];
}

interface Running {
  readonly number: number;
  readonly params: EncodedParams;
  readonly value: number;
  readonly endsAt: number;
}

/** The point recommended (best observed, ties by smaller number) at each checkpoint. */
export function searchLoop(
  problem: LoopProblem,
  { sampler: spec, seed, workers, together = false, checkpoints }: LoopSetting,
): readonly EncodedParams[] {
  const sampler = createSampler(spec, problem.space, problem.direction, seed);
  const columns = new TrialColumns(problem.space, problem.direction, sampler.window);
  const budget = checkpoints.at(-1) ?? 0;
  const points: EncodedParams[] = [];
  const running: Running[] = [];
  const recommended: EncodedParams[] = [];
  let now = 0;

  const ask = (): boolean => {
    const number = columns.size;
    if (number >= budget || running.length >= workers) return false;
    const needed = sampler.barrier?.(number) ?? null;
    if (needed !== null && running.some((trial) => trial.number < needed)) return false;
    const view =
      needed === null ? columns.asynchronousView(columns.ended) : columns.synchronousView(needed);
    const [proposal] = sampler.propose(number, 1, view);
    if (proposal === undefined) return false;
    columns.proposed(number, proposal.params, view.count, proposal.origin);
    points[number] = proposal.params;
    const world = new Stream(seed, { purpose: PURPOSE.simulation, trial: number + 1 });
    const endsAt = now + (together ? 1 : exp(0.5 * world.normal()));
    running.push({
      number,
      params: proposal.params,
      value: problem.evaluate(proposal.params, world.uniform53()),
      endsAt,
    });
    return true;
  };

  while (columns.ended < budget) {
    if (!together || running.length === 0) while (ask());
    running.sort((a, b) => b.endsAt - a.endsAt || b.number - a.number);
    const next = running.pop();
    if (next === undefined) break;
    now = next.endsAt;
    columns.end(next.number, 'complete', 'succeeded', next.value);
    if (!checkpoints.includes(columns.ended)) continue;
    const best = points[columns.best(1)[0] ?? 0];
    if (best !== undefined) recommended.push(best);
  }
  return recommended;
}
