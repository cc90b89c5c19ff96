/**
 * Latency of sampler asks: the median time of an ask after 1,000, 10,000 and 100,000 finished
 * trials.
 */
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import { modelRows, valueOf } from './ask-models.ts';
import type { BenchRow } from './row.ts';
import { median } from './statistics.ts';

export const space: SearchSpace = {
  learningRate: { type: 'float', low: 1e-5, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.999 },
  dropout: { type: 'float', low: 0, high: 0.9 },
  weightDecay: { type: 'float', low: 1e-8, high: 1e-2, log: true },
  units: { type: 'int', low: 16, high: 1024, step: 16 },
  batch: { type: 'int', low: 8, high: 512, log: true },
  activation: { type: 'categorical', choices: ['relu', 'tanh', 'gelu', 'silu'] },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lamb'] },
};
export const samplers: readonly SamplerSpec[] = [
  { name: 'evolution' },
  { name: 'generational' },
  { name: 'random' },
  { name: 'grid', divisions: 20 },
];
const HISTORIES = [1_000, 10_000, 100_000];
const ASKS = 501;
const GOAL_MS = 1;
/** "Flat": no more than this times the smallest history's median. */
const GOAL_GROWTH = 3;

export async function run(): Promise<BenchRow[]> {
  return [...samplers.flatMap(rowsOf), ...(await modelRows())];
}

function rowsOf(spec: SamplerSpec): BenchRow[] {
  const sampler = createSampler(spec, space, 'minimize', 1);
  const columns = new TrialColumns(space, 'minimize', sampler.window);
  const askOnce = (): number => {
    const number = columns.size;
    const started = performance.now();
    const view =
      sampler.barrier === null
        ? columns.asynchronousView(columns.ended)
        : columns.synchronousView(sampler.barrier(number));
    const [proposal] = sampler.propose(number, 1, view);
    const took = performance.now() - started;
    if (proposal === undefined)
      throw new RangeError(`${spec.name} is exhausted after ${number} trials`);
    columns.proposed(number, proposal.params, view.count, proposal.origin);
    columns.end(number, 'complete', 'succeeded', valueOf(proposal.params));
    return took;
  };
  let smallest = 0;
  return HISTORIES.map((history): BenchRow => {
    while (columns.size < history) askOnce();
    const times = Array.from({ length: ASKS }, askOnce);
    const middle = median(times);
    if (smallest === 0) smallest = middle;
    return {
      bench: 'ask',
      case: `${spec.name}, ${history.toLocaleString('en')} finished`,
      value: middle,
      unit: 'ms',
      peer: null,
      peerValue: null,
      ratio: middle / smallest,
      goal: `≤ ${GOAL_MS} ms, ≤ ${GOAL_GROWTH} × the first`,
      held: middle <= GOAL_MS && middle <= GOAL_GROWTH * Math.max(smallest, 0.005),
      note: `slowest of ${ASKS}: ${Math.max(...times).toFixed(3)} ms, ${Math.round(columns.bytes / columns.size)} bytes a trial`,
    };
  });
}
