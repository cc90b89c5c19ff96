/** Tests the remaining work of a study as the scheduler reports it. */
import { describe, expect, it } from 'vitest';
import { timeLeft } from '../../../src/core/analysis/time-left.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { workloadOf } from '../../../src/core/scheduling/workload.ts';
import type { LabOptions } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver } from '../../support/lab-driver.ts';

const A = 'far/cpu/0';
const B = 'far/cpu/1';
const GPU = 'far/gpu/0';

function begin(
  limits: Parameters<LabDriver['create']>[0],
  scheduler: Partial<LabOptions> = {},
): LabDriver {
  const driver = new LabDriver({ scheduler: { credits: 1, ...scheduler } });
  driver.open();
  driver.create(limits);
  for (const slot of [A, B]) driver.hello(slot);
  return driver;
}

const left = (driver: LabDriver) => workloadOf(driver.lab, driver.study(), driver.now, []);

describe('Workload of a study', () => {
  it('contains every wanted trial that does not run, and each lane with the elapsed time of its trial', () => {
    const driver = begin({ trials: 10 });
    driver.now = 700;
    driver.result(id(0));
    driver.now = 1_000;
    expect(left(driver)).toEqual({
      unstarted: 7,
      lanes: [
        { kind: 'far/cpu', elapsedMs: 300 },
        { kind: 'far/cpu', elapsedMs: 1_000 },
      ],
      durations: [],
      generation: null,
      limitMs: null,
      target: false,
    });
  });

  it('counts idle lanes, but none that is drained, absent, or used by another study', () => {
    const driver = begin({ trials: 2 });
    driver.hello(GPU, { lanes: 3 });
    const idle = { kind: 'far/gpu', elapsedMs: null };
    expect(left(driver).lanes).toEqual([
      { kind: 'far/cpu', elapsedMs: 0 },
      { kind: 'far/cpu', elapsedMs: 0 },
      idle,
      idle,
      idle,
    ]);
    driver.create({ trials: 1 }, 'other');
    driver.send({ type: 'slotDrained', slot: A });
    expect(left(driver).lanes).toEqual([{ kind: 'far/cpu', elapsedMs: 0 }]);
    // The trial of the draining worker may still end there; until then it counts as a future
    // trial.
    expect(left(driver).unstarted).toBe(1);
  });

  it('counts trials waiting behind a running one as not started', () => {
    const driver = begin({ trials: 10 }, { credits: 2 });
    expect(driver.given(A)).toHaveLength(2);
    expect(left(driver).unstarted).toBe(8);
  });

  it('is unbounded without limits, and contains minutes and target', () => {
    const driver = begin({ activeMs: 60_000, target: -1 });
    driver.now = 20_000;
    expect(left(driver)).toMatchObject({ unstarted: null, limitMs: 40_000, target: true });
  });

  it('of a grid ends with its points, of an exhausted space with its open trials', () => {
    const samplerFor: LabOptions['samplerFor'] = ({ direction }) =>
      createSampler({ name: 'grid' }, { x: { type: 'int', low: 0, high: 4 } }, direction, 0);
    expect(left(begin({}, { samplerFor })).unstarted).toBe(3);
    const driver = begin({});
    driver.study().exhausted = true;
    expect(left(driver).unstarted).toBe(0);
  });

  it('of generations contains the trials of the current one that have not started', () => {
    const samplerFor: LabOptions['samplerFor'] = ({ searchSpace, direction }) =>
      createSampler({ name: 'generational', population: 4 }, searchSpace, direction, 0);
    const driver = begin({ trials: 10 }, { samplerFor });
    expect(left(driver)).toMatchObject({ unstarted: 8, generation: { size: 4, unstarted: 2 } });
    for (const number of [0, 1, 2]) driver.result(id(number));
    expect(left(driver)).toMatchObject({ unstarted: 6, generation: { size: 4, unstarted: 0 } });
    driver.result(id(3));
    expect(left(driver)).toMatchObject({ unstarted: 4, generation: { size: 4, unstarted: 2 } });
    for (const number of [4, 5, 6, 7]) driver.result(id(number));
    // Two of the ten are left: the last generation is shortened.
    expect(left(driver)).toMatchObject({ unstarted: 0, generation: { size: 4, unstarted: 0 } });
  });

  it('is the input of the estimate', () => {
    const driver = begin({ trials: 10 });
    const durations = Array.from({ length: 6 }, () => ({ kind: 'far/cpu', ms: 1_000 }));
    const estimate = timeLeft(workloadOf(driver.lab, driver.study(), driver.now, durations));
    expect(estimate).toMatchObject({ known: true });
    // Ten trials of a second on two lanes.
    expect(estimate.known && estimate.lowMs).toBeCloseTo(5_000, 6);
  });
});
