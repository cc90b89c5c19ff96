/**
 * Tests population-based training on the virtual clock: who copies whom, and what waiting costs.
 */
import { describe, expect, it } from 'vitest';
import type { LabState } from '../../src/core/scheduling/index.ts';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../../src/core/simulation/index.ts';

const ROUNDS = 9;

interface Trained {
  readonly report: SimulationReport;
  /** Of each copy: the round after which, the member that copies, and the member that it copies. */
  readonly copies: readonly (readonly [round: number, copying: number, copied: number])[];
  /** Member and round of each trial, and its parents. */
  readonly trials: string;
}

/** Trains a population whose values improve by 1 a round, and within a round by member. */
function train(
  { population, seed = 1 }: { readonly population: number; readonly seed?: number },
  options: Pick<SimulationOptions, 'workers' | 'duration'> & Partial<SimulationOptions>,
): Trained {
  let columns: { parents(i: number): readonly number[]; generation(i: number): number } | undefined;
  const check = (lab: LabState): void => {
    for (const study of lab.studies.values()) columns = study.columns;
  };
  const parentsOf = (trial: number): readonly number[] => columns?.parents(trial) ?? [];
  const roundOf = (trial: number): number => columns?.generation(trial) ?? NaN;
  const memberOf = (trial: number): number => {
    const own = parentsOf(trial).at(-1);
    return own === undefined ? trial : memberOf(own);
  };
  const report = simulate({
    spec: {
      name: 'population',
      objective: { kind: 'synthetic' },
      direction: 'maximize',
      searchSpace: { x: { type: 'float', low: 0, high: 1 } },
      sampler: { name: 'pbt', population, rounds: ROUNDS },
      seed,
    },
    trials: population * ROUNDS,
    value: (_, trial) => roundOf(trial) - memberOf(trial) / 100,
    scheduler: { strict: true },
    check,
    ...options,
  });
  const all = Array.from({ length: population * ROUNDS }, (_, trial) => trial);
  const copies = all
    .filter((trial) => parentsOf(trial).length === 2)
    .map((trial) => {
      const [copied, own] = parentsOf(trial);
      if (copied === undefined || own === undefined) throw new Error('a copy has two parents');
      return [roundOf(own), memberOf(own), memberOf(copied)] as const;
    });
  const trials = all
    .map((trial) => `${memberOf(trial)}:${roundOf(trial)}<${parentsOf(trial).join()}`)
    .join(' ');
  return { report, copies, trials };
}

const EVEN = { median: 1_000, sigma: 0.05 };
const UNEVEN = { median: 1_000, sigma: 0.3 };

describe('Simulation: population-based training', () => {
  it.each([1, 2, 4])(
    'of 4 members lets the worst copy the best after each round (workers: %d)',
    (workers) => {
      for (let seed = 1; seed <= 5; seed++) {
        const { copies } = train({ population: 4, seed }, { workers, duration: EVEN });
        const worst = Array.from({ length: ROUNDS - 1 }, (_, round) => [round, 3, 0]);
        expect(copies).toEqual(expect.arrayContaining(worst));
        // A first trial that waits behind another may make a second member copy in the first round.
        expect(copies.length).toBeLessThanOrEqual(ROUNDS);
      }
    },
  );

  it.each([2, 4, 8])('of 8 members lets a quarter copy in each round (workers: %d)', (workers) => {
    const { copies } = train({ population: 8 }, { workers, duration: EVEN });
    for (let round = 0; round < ROUNDS - 1; round++) {
      const inRound = copies.filter(([of]) => of === round);
      expect(inRound.map(([, copying]) => copying).toSorted()).toEqual([6, 7]);
      for (const [, , copied] of inRound) expect([0, 1]).toContain(copied);
    }
  });

  it('keeps half as many workers as members busy, and does not wait for all members', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const few = train({ population: 8, seed }, { workers: 4, duration: UNEVEN });
      expect(few.report.efficiency).toBeGreaterThan(0.88);
      expect(few.copies.length).toBeGreaterThan(12);
      expect(few.copies.length).toBeLessThan(20);
    }
  });

  it('does not let a slow worker stop the others', () => {
    const device = { lanes: 1, workers: 1 };
    const { report } = train(
      { population: 8 },
      {
        workers: 0,
        devices: [
          { ...device, id: 'gpu/0', slowness: 1 },
          { ...device, id: 'cpu', slowness: 20 },
        ],
        duration: EVEN,
      },
    );
    expect(report.efficiency).toBeGreaterThan(0.8);
  });

  it.each([4, 6, 8, 16])(
    'of %d members lets half of them on fast workers copy while the others train on slow ones',
    (population) => {
      const half = { lanes: 1, workers: population / 2 };
      const devices = [
        { ...half, id: 'gpu/0', slowness: 1 },
        { ...half, id: 'cpu', slowness: 1_000 },
      ];
      // The limit is reached while the slow workers train their second round.
      const trials = (population / 2) * (2 + ROUNDS);
      const { copies } = train({ population }, { workers: 0, devices, duration: EVEN, trials });
      const copiesOf = (round: number): number => copies.filter(([of]) => of === round).length;
      for (let round = 1; round < ROUNDS - 1; round++)
        expect(copiesOf(round)).toBe(Math.max(1, population / 8));
    },
  );

  it('gives the same trials for the same completions, and goes on after kills', () => {
    const once = train({ population: 6 }, { workers: 3, duration: UNEVEN });
    expect(train({ population: 6 }, { workers: 3, duration: UNEVEN }).trials).toBe(once.trials);
    const killed = train(
      { population: 6 },
      {
        workers: 3,
        duration: UNEVEN,
        coordinatorKillsEveryMs: 3_000,
        rates: { crash: 0.05, loss: 0.05, diverge: 0.05 },
      },
    );
    expect(killed.report.coordinatorKills).toBeGreaterThan(0);
    expect(killed.report.completed + killed.report.failed).toBe(6 * ROUNDS);
    expect(killed.copies.length).toBeGreaterThanOrEqual(ROUNDS - 2);
  });
});
