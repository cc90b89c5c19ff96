/**
 * Tests GPUs beside cores on the virtual clock: the duration of a study, and the number of lanes
 * that it uses.
 */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulatedDevice, SimulationOptions } from '../../src/core/simulation/index.ts';

const CORE_MS = 10_000;
const CORES = 8;

function makespan(sampler: string, trials: number, devices: readonly SimulatedDevice[]): number {
  const options: SimulationOptions = {
    spec: {
      name: 'cards',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: {
        x: { type: 'float', low: -5, high: 5 },
        y: { type: 'float', low: -5, high: 5 },
      },
      sampler: { name: sampler },
      seed: 1,
      packing: 'sooner',
    },
    trials,
    workers: CORES,
    devices,
    value: (params) => params.reduce((sum, x) => sum + x * x, 0),
    duration: CORE_MS,
    startMs: 0,
    commitMs: 0,
    latencyMs: 0,
    scheduler: { strict: true },
  };
  return simulate(options).makespanMs;
}

/**
 * Returns the shortest time in which whole cohorts on all devices evaluate the number of trials.
 */
function ideal(trials: number, devices: readonly SimulatedDevice[]): number {
  const all = [{ workers: CORES, lanes: 1, slowness: 1 }, ...devices];
  const ends = all
    .flatMap(({ workers, lanes, slowness }) =>
      Array.from({ length: Math.ceil(trials / (workers * lanes)) }, (_, i) => ({
        at: (i + 1) * slowness * CORE_MS,
        done: workers * lanes,
      })),
    )
    .sort((a, b) => a.at - b.at);
  let done = 0;
  for (const end of ends) if ((done += end.done) >= trials) return end.at;
  return Infinity;
}

const card = (id: string, lanes: number, slowness: number): SimulatedDevice => ({
  id,
  workers: 1,
  lanes,
  slowness,
});

const labs: readonly (readonly [string, number, readonly SimulatedDevice[]])[] = [
  [
    'a card of a core’s speed and one of twenty times it',
    150,
    [card('gpu/0', 1, 1), card('gpu/1', 1, 0.05)],
  ],
  [
    'two cards of twenty times a core’s speed by lanes',
    200,
    [card('gpu/0', 20, 1), card('gpu/1', 20, 1)],
  ],
  [
    'a slow card of many lanes and a fast one of few',
    300,
    [card('gpu/0', 64, 3), card('gpu/1', 4, 0.2)],
  ],
];

describe.each(labs)('Scheduler: eight cores with %s', (_, trials, devices) => {
  it.each(['random', 'evolution'])(
    'finish a %s search within 5 % of the shortest time possible',
    (sampler) => {
      const shortest = ideal(trials, devices);
      const took = makespan(sampler, trials, devices);
      expect(took / shortest).toBeGreaterThanOrEqual(0.999);
      expect(took / shortest).toBeLessThanOrEqual(1.05);
    },
  );
});
