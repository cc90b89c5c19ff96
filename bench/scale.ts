/**
 * A lab of 1,000 workers and 1,000,000 trials on a virtual clock with the real scheduler and the
 * default sampler. Work of the workers costs only events; durations are lognormal with median 1 s,
 * as uneven as real evaluations. The workers are this machine's; `nodes.ts` measures machines, with
 * their links and presence, on the same number of trials.
 */
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { measuredSimulation } from './measured-simulation.ts';
import { rowsOf } from './row.ts';
import type { BenchRow } from './row.ts';

const row = rowsOf('scale');

/** @param trials a smaller number only tests the benchmark: the goals apply to a million */
export function run(workers = 1_000, trials = 1_000_000): Promise<BenchRow[]> {
  const { report, wallMs, processorMs, schedulerMs, heldAt } = measuredSimulation({
    spec: {
      name: 'scale',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: floats(8),
      sampler: { name: 'evolution' },
      seed: 1,
    },
    workers,
    trials,
    duration: { median: 1_000, sigma: 0.5 },
    value: (params) => params.reduce((sum, x) => sum + x * x, 0),
  });
  const { efficiency, events } = report;
  const [before, , after] = heldAt;
  const of = `${workers.toLocaleString('en')} workers, ${trials.toLocaleString('en')} trials`;
  const bytes = (after - before) / trials;
  return Promise.resolve([
    row(
      `${of}: efficiency`,
      efficiency,
      '',
      '≥ 0.95',
      efficiency >= 0.95,
      'busy worker time over workers × makespan',
    ),
    row(
      `${of}: memory`,
      bytes,
      'bytes a trial',
      '≤ 400',
      bytes <= 400,
      'heap and buffers, after a collection, with the last trial',
    ),
    row(
      `${of}: coordinator`,
      schedulerMs / trials,
      'ms CPU a trial',
      '≤ 0.1',
      schedulerMs / trials <= 0.1,
      `scheduler and sampler, ${events.toLocaleString('en')} events`,
    ),
    row(
      `${of}: whole simulation`,
      processorMs / 1000,
      's CPU',
      '≤ 120',
      processorMs <= 120_000,
      `${(wallMs / 1000).toFixed(0)} s by the clock`,
    ),
  ]);
}

function floats(count: number): SearchSpace {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `x${i}`,
      { type: 'float' as const, low: -5, high: 5 },
    ]),
  );
}
