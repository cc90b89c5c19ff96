/**
 * Simulates labs of several nodes under faults: links are cut for 1–150 s, nodes and the
 * coordinator are killed, slots are held. A failing seed can be run again by itself.
 */
import { describe, expect, it } from 'vitest';
import { violations } from '../../src/core/scheduling/invariants.ts';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../../src/core/simulation/index.ts';
import { size } from '../support/effort.ts';

const NODES = Array.from({ length: 6 }, (_, i) => ({
  id: `n${i}`,
  workers: 2,
  slowness: 1 + (i % 3),
  model: `model ${i % 3}`,
  rttMs: 1,
}));
const FAULTS = { cutsEveryMs: 200_000, killsEveryMs: 400_000, holdsEveryMs: 300_000 };
/** Number of seeds; each brings about fifty faults. */
const SEEDS = size(2, 200);
const TRIALS = 150;

interface Outcome {
  readonly report: SimulationReport;
  /** Parameters that were evaluated, by trial number. */
  readonly evaluated: ReadonlyMap<number, string>;
}

function run(options: Partial<SimulationOptions> & { sampler?: string } = {}): Outcome {
  const { sampler = 'random', ...rest } = options;
  const evaluated = new Map<number, string>();
  const report = simulate({
    spec: {
      name: 'nodes',
      objective: { kind: 'synthetic' },
      direction: 'minimize',
      searchSpace: {
        x: { type: 'float', low: -5, high: 5 },
        y: { type: 'float', low: -5, high: 5 },
      },
      sampler: { name: sampler },
      seed: 1,
    },
    trials: TRIALS,
    workers: 0,
    nodes: NODES,
    value: (params, number) => {
      const point = params.join(' ');
      expect(evaluated.get(number) ?? point).toBe(point);
      evaluated.set(number, point);
      return params.reduce((sum, x) => sum + x * x, 0);
    },
    duration: { median: 10_000, sigma: 0.5 },
    scheduler: { strict: true, beatMs: 500 },
    ...rest,
  });
  return { report, evaluated };
}

function checked(options: Partial<SimulationOptions> & { sampler?: string }): Outcome {
  return run({
    ...options,
    check: (lab) => {
      const found = violations(lab);
      if (found.length > 0) throw new Error(`seed ${options.seed ?? ''}: ${found.join('; ')}`);
    },
  });
}

describe('Simulated nodes', () => {
  it('finish a study without faults and lose nothing', () => {
    const { report } = checked({});
    expect(report).toMatchObject({ completed: TRIALS, failed: 0, lostAttempts: 0, nodeFaults: 0 });
  });

  it('are kept busy although they differ in speed', () => {
    expect(run({ trials: 1_000 }).report.efficiency).toBeGreaterThan(0.9);
  });

  it.each(['random', 'evolution', 'generational'])(
    `end every trial exactly once under faults of links, nodes and slots, with %s (seeds: ${SEEDS})`,
    (sampler) => {
      let faults = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { report } = checked({ sampler, seed, nodeFaults: FAULTS });
        expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
        faults += report.nodeFaults;
      }
      expect(faults).toBeGreaterThan(SEEDS * 5);
    },
  );

  it(`survive kills of the coordinator as well (seeds: ${SEEDS})`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report } = checked({ seed, nodeFaults: FAULTS, coordinatorKillsEveryMs: 60_000 });
      expect(report.coordinatorKills).toBeGreaterThan(0);
    }
  });

  it('run trials elsewhere 2 s after a restart of the coordinator, if their nodes are not back', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      let [epoch, openedAt] = [0, 0];
      const { report } = run({
        seed,
        nodeFaults: FAULTS,
        coordinatorKillsEveryMs: 60_000,
        check: (lab) => {
          if (lab.epoch !== epoch) [epoch, openedAt] = [lab.epoch, lab.now];
          if (lab.now - lab.stalledMs <= openedAt + 2_000) return;
          const idle = [...lab.slots.values()].filter(
            ({ cohorts, free }) => cohorts.length === 0 && free.group !== null,
          );
          for (const study of lab.active) {
            for (const { live, number } of study.open.values()) {
              if (live.length === 0 || live.some(({ state }) => state !== 'orphaned')) continue;
              const elsewhere = idle.filter(
                ({ node }) => !live.some((each) => each.node === node.id),
              );
              const free = elsewhere.map(({ name }) => name);
              expect(free, `seed ${seed}: trial ${number} is not run elsewhere`).toEqual([]);
            }
          }
        },
      });
      expect(report).toMatchObject({ completed: TRIALS, failed: 0 });
    }
  });

  it('evaluate the trials of a generational study that an undisturbed lab evaluates', () => {
    const undisturbed = run({ sampler: 'generational' });
    for (let seed = 1; seed <= SEEDS; seed++) {
      const faulty = checked({
        sampler: 'generational',
        seed,
        nodeFaults: FAULTS,
        coordinatorKillsEveryMs: 100_000,
      });
      expect([...faulty.evaluated].sort()).toEqual([...undisturbed.evaluated].sort());
    }
  });

  it('is deterministic: a seed gives the same report again', () => {
    const once = run({ seed: 3, nodeFaults: FAULTS }).report;
    expect(run({ seed: 3, nodeFaults: FAULTS }).report).toEqual(once);
  });
});
