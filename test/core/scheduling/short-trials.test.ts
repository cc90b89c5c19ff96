/**
 * Tests cohorts of short trials: they are used only where neither the search nor the attribution of
 * crashes suffers.
 */
import { describe, expect, it } from 'vitest';
import { LabDriver } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';

/** A study whose trials have taken `ms` each so far; its slot holds two cohorts. */
function after(
  ms: number,
  options: DriverOptions = { sampler: { synchronous: true, generation: 0 } },
): LabDriver {
  const driver = new LabDriver(options);
  driver.open();
  driver.create();
  driver.hello(SLOT);
  for (let i = 0; i < 40; i++) {
    const [attempt] = driver.given(SLOT);
    if (attempt === undefined) throw new Error('the slot has nothing to do');
    driver.result(attempt, { ms: ms * sizes(driver)[0]! });
  }
  return driver;
}

function sizes(driver: LabDriver): number[] {
  return driver.slot(SLOT).cohorts.map(({ attempts }) => attempts.length);
}

describe('Scheduler: short trials of a synchronous search', () => {
  it('share cohorts of about 2 ms, at most 32 together', () => {
    expect(Math.max(...sizes(after(0.5)))).toBe(4);
    expect(Math.max(...sizes(after(0.001)))).toBe(32);
  });

  it('are sent alone once they take longer than their messages', () => {
    expect(sizes(after(2))).toEqual([1, 1]);
  });

  it('are sent alone after a crash or a death, so that a faulty one is identified', () => {
    const driver = after(0.001);
    const [one, two, ...rest] = driver.slot(SLOT).cohorts[1]!.attempts.map(({ id }) => id);
    for (const attempt of [one!, two!])
      driver.result(attempt, { outcome: 'crashed', error: 'boom' });
    for (const attempt of rest) driver.result(attempt, { ms: 0.01 });
    // Both wait, and the credit of their cohort is free: the first of them is sent alone.
    const again = driver.slot(SLOT).cohorts.at(-1);
    expect(again?.attempts.map(({ id }) => [id.number, id.attemptNumber])).toEqual([
      [one!.number, 2],
    ]);
  });
});

it('Scheduler: an asynchronous search sends one short trial at a time, because its proposals depend on results', () => {
  expect(sizes(after(0.001, { sampler: { synchronous: false, generation: 0 } }))).toEqual([1, 1]);
});

describe('Scheduler: queueing behind a running cohort', () => {
  it('happens while attempts are shorter than a second, which hides the commit', () => {
    expect(sizes(after(900))).toEqual([1, 1]);
  });

  it.each([true, false])(
    'does not happen behind longer ones, nor is a trial proposed for it early (synchronous: %s)',
    (synchronous) => {
      const driver = after(1_500, { sampler: { synchronous, generation: 0 } });
      expect(sizes(driver)).toEqual([1]);
      const { size, ended } = driver.study().columns;
      expect(size - ended).toBe(1);
    },
  );
});
