/** Tests whole studies on the virtual clock: invariants of a lab under any faults. */
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/core/simulation/event-queue.ts';
import { simulate } from '../../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../../src/core/simulation/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';

function spec(sampler: string, seed = 1): StudySpec {
  return {
    name: 'simulated',
    objective: { kind: 'synthetic' },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: -5, high: 5 },
      y: { type: 'float', low: -5, high: 5 },
      n: { type: 'int', low: 1, high: 9 },
    },
    sampler: { name: sampler },
    seed,
  };
}

interface Run {
  readonly report: SimulationReport;
  /** Parameters by trial number. */
  readonly list: ReadonlyMap<number, string>;
  /** Number of evaluations of a trial. */
  readonly evaluations: number;
}

function run(sampler: string, options: Partial<SimulationOptions> = {}): Run {
  const list = new Map<number, string>();
  let evaluations = 0;
  const value = (params: Float64Array, number: number): number => {
    evaluations += 1;
    const text = params.join();
    if ((list.get(number) ?? text) !== text)
      throw new Error(`trial ${number} has two sets of parameters`);
    list.set(number, text);
    return params.reduce((sum, x) => sum + x * x, 0);
  };
  const duration = { median: 1_000, sigma: 0.5 };
  const report = simulate({
    spec: spec(sampler),
    trials: 200,
    workers: 8,
    value,
    optimum: 1,
    duration,
    scheduler: { strict: true },
    ...options,
  });
  return { report, list: new Map([...list].sort(([a], [b]) => a - b)), evaluations };
}

const FAULTS: Partial<SimulationOptions> = {
  rates: { crash: 0.03, loss: 0.05, stall: 0.02, memory: 0.01 },
  coordinatorKillsEveryMs: 8_000,
};

describe('Simulation: whole studies', () => {
  it('gives the same report for the same options', () => {
    expect(run('evolution', FAULTS).report).toEqual(run('evolution', FAULTS).report);
  });

  it('evaluates every trial once and keeps the workers busy where there are no faults', () => {
    const { report, evaluations } = run('evolution', { trials: 800 });
    expect(report).toMatchObject({
      completed: 800,
      failed: 0,
      lostAttempts: 0,
      crashedAttempts: 0,
      reason: 'trials',
    });
    expect(evaluations).toBe(800);
    expect(report.efficiency).toBeGreaterThan(0.95);
    expect(report.efficiency).toBeLessThanOrEqual(1);
    expect(report.regret).toBeLessThan(0.5);
  });

  it.each([
    ['workers here', {}],
    ['workers elsewhere', { remote: true }],
    [
      'workers elsewhere, messages lost, repeated and late',
      { remote: true, drop: 0.01, duplicate: 0.02, jitterMs: 20 },
    ],
    ['two lanes', { lanes: 2 }],
  ])('ends under every fault: %s', (_, options) => {
    const { report } = run('evolution', { ...FAULTS, ...options });
    expect(report.completed + report.failed).toBe(200);
    expect(report.lostAttempts).toBeGreaterThan(0);
    expect(report.crashedAttempts).toBeGreaterThan(0);
    expect(report.coordinatorKills).toBeGreaterThan(0);
  });

  it('of a population trains every round once, each from the checkpoint of an ended trial', () => {
    const population = { ...spec('pbt'), sampler: { name: 'pbt', population: 6, rounds: 30 } };
    const { report, evaluations } = run('pbt', { ...FAULTS, spec: population, trials: 180 });
    expect(report.completed + report.failed).toBe(180);
    expect(report.coordinatorKills).toBeGreaterThan(0);
    expect(evaluations).toBeGreaterThanOrEqual(report.completed);
    // Eight workers, of which a population of six keeps six busy.
    const alone = run('pbt', { spec: population, trials: 180, workers: 1 });
    const replayed = run('pbt', { spec: population, trials: 180, workers: 1 });
    expect(replayed.list).toEqual(alone.list);
  });

  it.each(['grid', 'random', 'generational'])(
    'of %s proposes the same trials whatever happens and on any number of workers',
    (sampler) => {
      const search =
        sampler === 'grid'
          ? { spec: { ...spec(sampler), sampler: { name: 'grid', divisions: 10 } } }
          : {};
      const alone = run(sampler, { ...search, workers: 1 });
      const crowded = run(sampler, { ...search, workers: 16 });
      const harassed = run(sampler, {
        ...search,
        workers: 5,
        remote: true,
        drop: 0.01,
        rates: { loss: 0.05, stall: 0.02 },
        coordinatorKillsEveryMs: 8_000,
      });
      expect(harassed.report.coordinatorKills).toBeGreaterThan(0);
      expect(crowded.list).toEqual(alone.list);
      expect(harassed.list).toEqual(alone.list);
      expect(alone.list.size).toBe(200);
    },
  );

  it('of cma-es proposes every trial once under crashes, losses and kills of the coordinator', () => {
    // A trial that is proposed again after a restart would get other parameters: run() refuses it.
    const { report, list } = run('cma-es', FAULTS);
    expect(report.completed + report.failed).toBe(200);
    expect(report.coordinatorKills).toBeGreaterThan(0);
    expect(list.size).toBe(200);
  });

  it('counts diverged trials as complete', () => {
    const { report } = run('random', { rates: { diverge: 0.5 } });
    expect(report).toMatchObject({ completed: 200, failed: 0 });
  });

  it('reports a study that does not end', () => {
    expect(() => run('random', { atMostMs: 1_000 })).toThrow(
      /not finished after \d+ ms: \d+ trials have ended/,
    );
  });

  it('stops at its target', () => {
    const { report } = run('evolution', { trials: 10_000, target: 3 });
    expect(report.reason).toBe('target');
    expect(report.best?.value).toBeLessThanOrEqual(3);
  });
});

it('Event queue: orders events by time, then by insertion', () => {
  const queue = new EventQueue<number>();
  const times = Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 613);
  times.forEach((at, i) => queue.add(at, i));
  const expected = times.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
  const taken = expected.map(() => ({ at: queue.next, i: queue.take() }));
  expect(taken).toEqual(expected);
  expect([queue.next, queue.take(), queue.size]).toEqual([Infinity, undefined, 0]);
});
