/**
 * Sources of proposals for the search loop: our samplers, and Optuna's in a process of their own.
 */
import type { EncodedParams } from '../src/core/search-space/distribution.ts';
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import type { LinePeer } from './line-peer.ts';
import type { SearchProblem } from './problems/problem.ts';

export interface Proposer {
  /** Returns the next trial's point; null if a running trial must end before, or none is left. */
  readonly propose: () => EncodedParams | null | Promise<EncodedParams | null>;
  readonly ended: (number: number, value: number) => void | Promise<void>;
}

export type Searched = Pick<SearchProblem, 'space' | 'direction'>;

/** Returns a proposer that keeps a study's columns and asks one of our samplers. */
export function ownProposer(
  spec: SamplerSpec,
  { space, direction }: Searched,
  seed: number,
): Proposer {
  const sampler = createSampler(spec, space, direction, seed);
  const columns = new TrialColumns(space, direction, sampler.window);
  const running = new Set<number>();
  return {
    propose: () => {
      const number = columns.size;
      const needed = sampler.barrier?.(number) ?? null;
      if (needed !== null && [...running].some((each) => each < needed)) return null;
      const view =
        needed === null ? columns.asynchronousView(columns.ended) : columns.synchronousView(needed);
      const [proposal] = sampler.propose(number, 1, view);
      if (proposal === undefined) return null;
      columns.proposed(number, proposal.params, view.count, proposal.origin);
      running.add(number);
      return proposal.params;
    },
    ended: (number, value) => {
      running.delete(number);
      columns.end(number, 'complete', 'succeeded', value);
    },
  };
}

/** Starts a study in a process of `optuna_asks.py`, whose earlier study ends. */
export async function optunaProposer(
  peer: LinePeer,
  sampler: string,
  { space, direction }: Searched,
  seed: number,
  options: { readonly pruner?: string; readonly steps?: number } = {},
): Promise<Proposer> {
  await peer.ask({ sampler, seed, direction, space, ...options });
  return {
    propose: async () => {
      const { params } = (await peer.ask({ ask: true })) as {
        readonly params: readonly (number | null)[];
      };
      return Float64Array.from(params, (value) => value ?? NaN);
    },
    ended: async (number, value) => {
      await peer.ask({ tell: number, value });
    },
  };
}
