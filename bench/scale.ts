/**
 * A lab of 1,000 workers and 1,000,000 trials on a virtual clock with the real scheduler and the
 * default sampler. Work of the workers costs only events; durations are lognormal with median 1 s,
 * as uneven as real evaluations. The workers are this machine's; `nodes.ts` measures machines, with
 * their links and presence, on the same number of trials.
 */
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { simulate } from '../src/core/simulation/index.ts';
import { garbageCollector, heldBytes } from './held-memory.ts';
import type { BenchRow } from './row.ts';

const BENCH = 'scale';

/** @param trials a smaller number only tests the benchmark: the goals apply to a million */
export function run(workers = 1_000, trials = 1_000_000): Promise<BenchRow[]> {
  const collect = garbageCollector();
  collect();
  const before = heldBytes();
  let evaluated = 0;
  let after = before;
  let schedulerMs = 0;
  const start = { wall: performance.now(), cpu: process.cpuUsage() };
  const { efficiency, events } = simulate({
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
    value: (params) => {
      evaluated += 1;
      // At the last trial all lasting data are still in memory.
      if (evaluated === trials) {
        collect();
        after = heldBytes();
      }
      return params.reduce((sum, x) => sum + x * x, 0);
    },
    measure: (work) => {
      const began = performance.now();
      work();
      schedulerMs += performance.now() - began;
    },
  });
  const wallMs = performance.now() - start.wall;
  const { user, system } = process.cpuUsage(start.cpu);
  // The machine may be shared, so the scheduler's share is computed from CPU time.
  const processorMs = (user + system) / 1000;
  const cpuMs = (processorMs * schedulerMs) / wallMs;
  const of = `${workers.toLocaleString('en')} workers, ${trials.toLocaleString('en')} trials`;
  const row = (
    what: string,
    value: number,
    unit: string,
    goal: string,
    held: boolean,
    note?: string,
  ): BenchRow => ({
    bench: BENCH,
    case: `${of}: ${what}`,
    value,
    unit,
    peer: null,
    peerValue: null,
    ratio: null,
    goal,
    held,
    ...(note === undefined ? {} : { note }),
  });
  const bytes = (after - before) / trials;
  return Promise.resolve([
    row(
      'efficiency',
      efficiency,
      '',
      '≥ 0.95',
      efficiency >= 0.95,
      'busy worker time over workers × makespan',
    ),
    row(
      'memory',
      bytes,
      'bytes a trial',
      '≤ 400',
      bytes <= 400,
      'heap and buffers, after a collection, with the last trial',
    ),
    row(
      'coordinator',
      cpuMs / trials,
      'ms CPU a trial',
      '≤ 0.1',
      cpuMs / trials <= 0.1,
      `scheduler and sampler, ${events.toLocaleString('en')} events`,
    ),
    row(
      'whole simulation',
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
