/**
 * Labs of nodes on a virtual clock with the real scheduler: twelve nodes of one to eight times a
 * speed, compared with the ideal, and a thousand nodes, for the scheduler's CPU time and memory.
 * Their times are the workers'; links have no faults here. `scale.ts` measures the same number of
 * workers of one machine, which shows what nodes add.
 */
import { durationOf } from '../src/core/simulation/chance.ts';
import { simulate } from '../src/core/simulation/index.ts';
import type { SimulatedNode, SimulationOptions } from '../src/core/simulation/index.ts';
import { measuredSimulation } from './measured-simulation.ts';
import { rowsOf } from './row.ts';
import type { BenchRow } from './row.ts';

const BENCH = 'nodes';
const row = rowsOf(BENCH);
const SEEDS = 20;
const SLOWEST_MS = 40_000;

/** @param trials a smaller number only tests the benchmark: the goals apply to a million */
export function run(nodes = 1_000, trials = 1_000_000): Promise<BenchRow[]> {
  return Promise.resolve([
    mixedRow(256, 0.95, 'random'),
    mixedRow(64, 0.88, 'random'),
    mixedRow(1_024, null, 'random'),
    mixedRow(256, null, 'evolution'),
    ...manyRows(nodes, trials),
  ]);
}

/** Speeds of twelve nodes relative to the slowest. */
const SPEEDS = [1, 1, 2, 2, 2, 3, 4, 4, 5, 6, 8, 8];

function mixed(): readonly SimulatedNode[] {
  return SPEEDS.map((speed, i) => ({
    id: `n${String(i).padStart(2, '0')}`,
    workers: 1,
    slowness: 1 / speed,
    model: `model ${i}`,
    rttMs: 1,
  }));
}

function mixedRow(trials: number, goal: number | null, sampler: string): BenchRow {
  const nodes = mixed();
  const shares: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { makespanMs } = simulate(options(sampler, trials, nodes, SLOWEST_MS, seed));
    shares.push(ideal(trials, seed) / makespanMs);
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / SEEDS;
  return row(
    `12 nodes of 1–8 times a speed, ${trials} trials, ${sampler}: share of the ideal`,
    mean,
    '',
    goal === null ? '–' : `≥ ${goal}`,
    goal === null ? null : mean >= goal,
    `mean of ${SEEDS} seeds, worst ${Math.min(...shares).toFixed(3)}; lognormal durations, sigma ${SIGMA}`,
  );
}

/** Time in which the nodes evaluate the trials if their work could be divided at will. */
function ideal(trials: number, seed: number): number {
  const duration = { median: SLOWEST_MS, sigma: SIGMA };
  let work = 0;
  for (let number = 0; number < trials; number++)
    work += durationOf(seed, duration, { study: '', number, attemptNumber: 1 });
  return work / SPEEDS.reduce((sum, speed) => sum + speed, 0);
}

const SIGMA = 0.15;
const PARAMETERS = 8;

function options(
  sampler: string,
  trials: number,
  nodes: readonly SimulatedNode[],
  median: number,
  seed: number,
): SimulationOptions {
  return {
    spec: {
      name: 'nodes',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: Object.fromEntries(
        Array.from({ length: PARAMETERS }, (_, i) => [
          `x${i}`,
          { type: 'float' as const, low: -5, high: 5 },
        ]),
      ),
      sampler: { name: sampler },
      seed,
    },
    trials,
    workers: 0,
    nodes,
    duration: { median, sigma: SIGMA },
    startMs: 0,
    value: (params) => params.reduce((sum, x) => sum + x * x, 0),
  };
}

function manyRows(count: number, trials: number): BenchRow[] {
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: `n${String(i).padStart(4, '0')}`,
    workers: 1,
    slowness: 1 + (i % 8) / 4,
    model: `model ${i % 8}`,
    rttMs: 1,
  }));
  const { report, schedulerMs, heldAt } = measuredSimulation(
    options('evolution', trials, nodes, 2_000, 1),
  );
  const { events } = report;
  const [before, half, after] = heldAt;
  const of = `${count.toLocaleString('en')} nodes, ${trials.toLocaleString('en')} trials`;
  const growth = (after - half) / (trials / 2);
  const bytes = (after - before) / trials;
  return [
    row(
      `${of}: scheduler`,
      schedulerMs / events,
      'ms CPU an event',
      '≤ 0.1',
      schedulerMs / events <= 0.1,
      `scheduler and sampler, ${events.toLocaleString('en')} events`,
    ),
    row(
      `${of}: memory`,
      bytes,
      'bytes a trial',
      '≤ 140',
      bytes <= 140,
      'heap and buffers, after a collection, with the last trial',
    ),
    row(
      `${of}: growth of memory in the second half`,
      growth,
      'bytes a trial',
      '≤ 110',
      growth <= 110,
      `the columns of ended trials, ${8 * PARAMETERS} bytes of them parameters; nothing else grows`,
    ),
  ];
}
