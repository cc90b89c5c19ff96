/** Samplers with pruners for the pruning loop: ours, and Optuna's in a process of their own. */
import { createPruner } from '../src/core/pruners/create-pruner.ts';
import { Gains } from '../src/core/pruners/gains.ts';
import type { PrunedTrials, PrunerSpec } from '../src/core/pruners/pruner.ts';
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import type { LinePeer } from './line-peer.ts';
import { optunaProposer } from './proposers.ts';
import type { Searched } from './proposers.ts';
import type { PrunedProposer } from './pruning-loop.ts';

/** @param epochs of a whole training */
export function ownPrunedProposer(
  sampler: SamplerSpec,
  pruner: PrunerSpec,
  { space, direction }: Searched,
  seed: number,
  epochs: number,
): PrunedProposer {
  const asked = createSampler(sampler, space, direction, seed);
  const columns = new TrialColumns(space, direction, asked.window);
  const reporting = { length: epochs, keeps: 'last' } as const;
  const pruning = createPruner(pruner, { ...reporting, seed });
  const gains = new Gains(reporting);
  const open = new Set<number>();
  /** Epochs after which trials are paused. */
  const paused = new Map<number, number>();
  const trials: PrunedTrials = {
    direction,
    reports: columns.reports,
    get ended() {
      return columns.ended;
    },
    completion: (i) => columns.completion(i),
    state: (number) => columns.state(number),
    value: (number) => columns.value(number),
    open,
  };
  return {
    propose: () => {
      const number = columns.size;
      const view = columns.asynchronousView(columns.ended);
      const [proposal] = asked.propose(number, 1, view);
      if (proposal === undefined) throw new RangeError(`${asked.name} has no point left`);
      columns.proposed(number, proposal.params, view.count, proposal.origin);
      open.add(number);
      return proposal.params;
    },
    report: (number, step, value) => {
      columns.reports.add(number, step, value);
      if (step === epochs - 1 || pruning === null) return 'goes on';
      if (pruning.promotion?.next(step) === step + 1) {
        paused.set(number, step + 1);
        return 'pauses';
      }
      return pruning.stops(trials, number) ? 'stops' : 'goes on';
    },
    promoted: () => {
      const number =
        pruning?.promotion?.promoted(trials, (each) => paused.get(each) ?? null) ?? null;
      if (number !== null) paused.delete(number);
      return number;
    },
    finished: (number, value) => {
      open.delete(number);
      columns.end(number, 'complete', 'succeeded', value);
    },
    stopped: (number) => {
      const value = gains.expected(trials, number) ?? columns.worst;
      open.delete(number);
      columns.end(number, 'pruned', 'pruned', value);
    },
  };
}

export async function optunaPrunedProposer(
  peer: LinePeer,
  sampler: string,
  pruner: string,
  problem: Searched,
  seed: number,
  epochs: number,
): Promise<PrunedProposer> {
  const options = { pruner, steps: epochs };
  const { propose, ended } = await optunaProposer(peer, sampler, problem, seed, options);
  return {
    propose: async () => {
      const params = await propose();
      if (params === null) throw new RangeError('Optuna has no point left');
      return params;
    },
    report: async (number, step, value) => {
      if (pruner === 'none') return 'goes on';
      const { prune } = (await peer.ask({ report: number, step: step + 1, value })) as {
        readonly prune: boolean;
      };
      return prune ? 'stops' : 'goes on';
    },
    finished: ended,
    stopped: async (number) => {
      await peer.ask({ prune: number });
    },
  };
}
