/** Audits in simulated labs with faults: they change no result and find the node that lies. */
import { describe, expect, it } from 'vitest';
import { violations } from '../../src/core/scheduling/invariants.ts';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../../src/core/simulation/index.ts';
import { size } from '../support/effort.ts';

const TRIALS = 100;
const SEEDS = size(2, 100);
const FAULTS = { cutsEveryMs: 200_000, killsEveryMs: 400_000, holdsEveryMs: 300_000 };

/** A simulated lab of four nodes. @param liar node that answers with wrong values */
function run(
  options: Partial<SimulationOptions> & { sampler?: string; audit?: number; liar?: string } = {},
): { readonly report: SimulationReport; readonly values: ReadonlyMap<number, number> } {
  const { sampler = 'random', audit, liar, ...rest } = options;
  const values = new Map<number, number>();
  const report = simulate({
    spec: {
      name: 'audited',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: -5, high: 5 } },
      sampler: { name: sampler },
      seed: 1,
      ...(audit === undefined ? {} : { audit }),
    },
    trials: TRIALS,
    workers: 0,
    nodes: ['na', 'nb', 'nc', 'nd'].map((node, i) => ({
      id: node,
      workers: 2,
      slowness: 1 + i,
      rttMs: 1,
      lies: node === liar,
    })),
    value: (params, number) => {
      values.set(number, params[0] ?? NaN);
      return (params[0] ?? 0) ** 2;
    },
    duration: { median: 10_000, sigma: 0.5 },
    scheduler: { strict: true, beatMs: 500 },
    check: (lab) => {
      const found = violations(lab);
      if (found.length > 0) throw new Error(`seed ${rest.seed ?? ''}: ${found.join('; ')}`);
    },
    ...rest,
  });
  return { report, values };
}

describe('Simulated nodes: audits', () => {
  it.each(['random', 'evolution', 'generational'])(
    `change no result and blame no honest node under faults, with %s (seeds: ${SEEDS})`,
    (sampler) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { report } = run({ sampler, seed, audit: 5, nodeFaults: FAULTS });
        expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
        expect(report.audits).toMatchObject({ differ: 0, blamed: [] });
        expect(report.audits.same).toBeGreaterThan(0);
      }
    },
  );

  it('survive kills of the coordinator', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const faults = { nodeFaults: FAULTS, coordinatorKillsEveryMs: 60_000 };
      const { report } = run({ seed, audit: 3, ...faults });
      expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
      expect(report.audits.blamed).toEqual([]);
    }
  });

  it('evaluate one in n trials again, however often the coordinator is killed', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report } = run({ seed, audit: 5, coordinatorKillsEveryMs: 20_000 });
      expect(report.coordinatorKills).toBeGreaterThan(3);
      expect(report.audits).toEqual({ same: TRIALS / 5, differ: 0, blamed: [] });
    }
  });

  it('evaluate the trials of a generational study that a lab without audits evaluates', () => {
    const sampler = 'generational';
    const { values } = run({ sampler });
    expect(run({ sampler, audit: 3, nodeFaults: FAULTS }).values).toEqual(values);
  });

  it('evaluate one in n trials again', () => {
    expect(run({ audit: 10 }).report.audits).toEqual({ same: 10, differ: 0, blamed: [] });
    expect(run({ audit: 1 }).report.audits.same).toBe(TRIALS);
    expect(run().report.audits.same).toBe(0);
  });

  it('find the node that lies, and no other', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report } = run({ seed, audit: 3, liar: 'nb', nodeFaults: FAULTS });
      expect(report.completed).toBe(TRIALS);
      expect(new Set(report.audits.blamed)).toEqual(new Set(['nb']));
      expect(report.audits.blamed.length).toBeGreaterThanOrEqual(3);
    }
  });
});
