/**
 * Plays a study without a scheduler: workers finish in random order; columns and sampler are real.
 */
import { PURPOSE, Stream } from '../../src/core/random.ts';
import type { Proposal, Sampler } from '../../src/core/samplers/sampler.ts';
import type { EncodedParams, SearchSpace } from '../../src/core/search-space/distribution.ts';
import type { Direction } from '../../src/core/study/direction.ts';
import type { HistoryView } from '../../src/core/study/history.ts';
import { TrialColumns } from '../../src/core/study/trial-columns.ts';

/** A value that depends on every active parameter. */
export function valueOf(params: EncodedParams): number {
  return params.reduce(
    (sum, value, index) => sum + (Number.isNaN(value) ? 1 : Math.abs(value - 0.3 * index)),
    0,
  );
}

export function barrierMet({ barrier }: Sampler, columns: TrialColumns, number: number): boolean {
  const needed = barrier?.(number) ?? 0;
  return Array.from({ length: needed }, (_, earlier) => columns.hasEnded(earlier)).every(Boolean);
}

export function viewFor({ barrier }: Sampler, columns: TrialColumns, number: number): HistoryView {
  return barrier === null
    ? columns.asynchronousView(columns.ended)
    : columns.synchronousView(barrier(number));
}

interface World {
  readonly trials: number;
  readonly workers: number;
  /** Determines which worker finishes first. */
  readonly seed: number;
  readonly direction?: Direction;
  /** Value of a point; default: one that depends on every active parameter. */
  readonly objective?: (params: EncodedParams) => number;
}

export function playStudy(
  sampler: Sampler,
  space: SearchSpace,
  world: World,
): { readonly columns: TrialColumns; readonly proposals: readonly Proposal[] } {
  const columns = new TrialColumns(space, world.direction ?? 'minimize', sampler.window);
  const proposals: Proposal[] = [];
  const running: number[] = [];
  const order = new Stream(world.seed, { purpose: PURPOSE.simulation });
  for (;;) {
    while (
      running.length < world.workers &&
      columns.size < world.trials &&
      barrierMet(sampler, columns, columns.size)
    ) {
      const number = columns.size;
      const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
      if (proposal === undefined) break;
      columns.proposed(number, proposal.params, columns.ended, proposal.origin);
      proposals.push(proposal);
      running.push(number);
    }
    const [done] = running.splice(order.below(Math.max(1, running.length)), 1);
    if (done === undefined) return { columns, proposals };
    columns.end(
      done,
      'complete',
      'succeeded',
      (world.objective ?? valueOf)(proposals[done]!.params),
    );
  }
}
