/** Tests how results of a study with several objectives end its trials. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { StudySpec } from '../../../src/core/study/study-spec.ts';
import { id, LabDriver, STUDY, writes } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';
const listed: Partial<StudySpec> = {
  direction: 'maximize',
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'seconds', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 10 } },
};

let driver: LabDriver;
beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 8 }, STUDY, listed);
  driver.hello(SLOT);
});

const end = (number: number, metrics: Record<string, number | string>) =>
  driver.result(id(number), { value: 0.1, metrics });

describe('Scheduler: several objectives', () => {
  it('ends a trial with the value of each objective, the first one as its value', () => {
    const said = end(0, { accuracy: 0.9, seconds: 3, weights: 12 });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { outcome: 'succeeded', value: 0.9, figures: { values: [0.9, 3], excesses: [2] } },
    ]);
    expect(driver.study().columns.violation(0)).toBeCloseTo(0.2);
  });

  it('ends a trial as diverged if one of several values is missing or not a number', () => {
    const said = end(0, { accuracy: 0.9, seconds: 'NaN', weights: 4 });
    expect(writes(said, 'trialEnded')).toMatchObject([
      {
        state: 'complete',
        outcome: 'diverged',
        value: -Infinity,
        figures: { values: [-Infinity, Infinity], excesses: [Infinity] },
      },
    ]);
    expect(writes(said, 'attemptEnded')).toMatchObject([
      { outcome: 'diverged', detail: 'no finite number for seconds' },
    ]);
  });

  it('ranks no trial as the best, and says which trials join the front', () => {
    const joins = (said: ReturnType<typeof end>): unknown =>
      said.flatMap((each) =>
        each.do === 'show' && each.change.kind === 'trialEnded' ? [each.change.isBest] : [],
      );
    expect(joins(end(0, { accuracy: 0.9, seconds: 3, weights: 4 }))).toEqual([true]);
    expect(joins(end(1, { accuracy: 0.8, seconds: 4, weights: 4 }))).toEqual([false]);
    expect(joins(end(2, { accuracy: 0.8, seconds: 1, weights: 4 }))).toEqual([true]);
    expect(joins(end(3, { accuracy: 0.99, seconds: 1, weights: 11 }))).toEqual([false]);
    expect(driver.study().best).toBeNull();
    expect(driver.study().columns.front!.numbers).toEqual([0, 2]);
  });

  it('leaves a pruned trial without values, as Optuna does', () => {
    const said = driver.result(id(0), {
      outcome: 'pruned',
      value: 0.4,
      reports: [{ step: 0, value: 0.4 }],
    });
    const [write] = writes(said, 'trialEnded');
    expect(write).toMatchObject({ state: 'pruned', value: NaN });
    expect(write).not.toHaveProperty('figures');
    expect(Array.from(driver.study().columns.values(0))).toEqual([-Infinity, Infinity]);
  });
});
