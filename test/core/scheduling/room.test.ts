/** Trials that state the cores and the memory they need. */
import { describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import type { Demand } from '../../../src/core/demand.ts';
import { LabDriver } from '../../support/lab-driver.ts';
import { modelSpec } from '../../support/model-study.ts';

const GB = 1e9;
const offer: Demand = { cores: 8, memoryBytes: 32 * GB };

function machine(demands: Readonly<Record<string, Demand>>, slots = 8): LabDriver {
  const none: Demand = { cores: 0, memoryBytes: 0 };
  const driver = new LabDriver({
    // Without queueing, which the unknown duration of first trials permits.
    scheduler: {
      demandOf: ({ name }) => demands[name] ?? none,
      offerOf: () => offer,
      credits: 1,
    },
  });
  driver.open();
  for (let i = 0; i < slots; i++) driver.hello(`local/cpu/${i}`);
  return driver;
}

function busy(driver: LabDriver, study = 'study'): string[] {
  return [...driver.lab.slots.values()].flatMap(({ name, cohorts }) =>
    cohorts[0]?.study.uid === study ? [name] : [],
  );
}

describe('Demand: trials that state what they need', () => {
  it.each([
    { cores: 3, memoryBytes: 0, atOnce: 2 },
    { cores: 1, memoryBytes: 10 * GB, atOnce: 3 },
    { cores: 4, memoryBytes: 20 * GB, atOnce: 1 },
    { cores: 64, memoryBytes: 0, atOnce: 1 },
    { cores: 1, memoryBytes: 4 * GB, atOnce: 8 },
  ])(
    'run $atOnce at once on 8 cores and 32 GB with $cores cores and $memoryBytes bytes',
    ({ atOnce, ...demand }) => {
      const driver = machine({ study: demand });
      driver.create({ trials: 64 });
      expect(busy(driver)).toHaveLength(atOnce);
      // No more is proposed than starts, because later proposals know more results.
      expect(driver.study().columns.size).toBe(atOnce);
      const [slot = ''] = busy(driver);
      driver.result(driver.given(slot)[0]!, { ms: 60_000 });
      expect(busy(driver)).toHaveLength(atOnce);
    },
  );

  it('give the room of a trial that ended to the next one, and the idle reason says so', () => {
    const driver = machine({ study: { cores: 5, memoryBytes: 0 } }, 2);
    driver.create({ trials: 3 });
    const [first = ''] = busy(driver);
    const other = first === 'local/cpu/0' ? 'local/cpu/1' : 'local/cpu/0';
    expect(idleReason(driver.lab, other)).toMatchObject({ reason: 'noRoom', node: 'local' });
    for (let i = 0; i < 3; i++) {
      const [slot = ''] = busy(driver);
      driver.result(driver.given(slot)[0]!, { ms: 60_000 });
    }
    expect(driver.study().state).toBe('finished');
  });

  it('share a node with other studies that state theirs, and not with those that state none', () => {
    const driver = machine({
      big: { cores: 6, memoryBytes: 0 },
      small: { cores: 2, memoryBytes: 0 },
    });
    driver.create({ trials: 9 }, 'big', { ...modelSpec });
    driver.create({ trials: 9 }, 'small', { ...modelSpec });
    driver.create({ trials: 9 }, 'free', { ...modelSpec });
    expect([busy(driver, 'big').length, busy(driver, 'small').length]).toEqual([1, 1]);
    expect(busy(driver, 'free')).toHaveLength(6);
  });
});
