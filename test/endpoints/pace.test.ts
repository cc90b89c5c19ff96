/** A study's pace, as its head says it. */
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/endpoints/projections/pace.ts';
import { timeLeft } from '../../src/protocol/window/study-stream.ts';
import { id, LabDriver } from '../support/lab-driver.ts';

const A = 'local/cpu/0';

function begin(trials: number | null = 20): { driver: LabDriver; pace: Pace; say: () => ReturnType<Pace['say']> } {
  const driver = new LabDriver({ scheduler: { credits: 1 } });
  driver.open();
  driver.create({ trials });
  driver.hello(A);
  const pace = new Pace();
  return { driver, pace, say: () => pace.say(driver.lab, driver.study(), driver.now) };
}

/** Trials of a second each, one after another. */
function run(driver: LabDriver, pace: Pace, from: number, to: number): void {
  for (let number = from; number < to; number++) {
    driver.pass(1_000, [A]);
    driver.result(id(number), { ms: 1_000 });
    pace.ended(A, 1_000, driver.now);
  }
}

describe('a study’s pace', () => {
  it('is unknown until five trials have ended, then a range and a rate', () => {
    const { driver, pace, say } = begin();
    run(driver, pace, 0, 4);
    expect(say()).toMatchObject({ timeLeft: { unknown: 'too-few', needed: 5 } });
    run(driver, pace, 4, 8);
    const said = say();
    expect(said.trialsPerMinute).toBeCloseTo(60, 6);
    expect(said.timeLeft).toEqual({ lowMs: expect.closeTo(12_000, 3) as number, highMs: expect.closeTo(12_000, 3) as number });
    expect(timeLeft.parse(said.timeLeft)).toEqual(said.timeLeft);
    expect(Object.keys(said)).toEqual(['timeLeft', 'trialsPerMinute']);
  });

  it('is reckoned once a second, but anew at once when the study changes its state or its limit', () => {
    const { driver, pace, say } = begin();
    run(driver, pace, 0, 8);
    const said = say();
    driver.now += 400;
    expect(say()).toBe(said);
    driver.send({ type: 'studyEdited', study: 'study', limits: { trials: 40, activeMs: null, target: null } });
    expect(say()).toMatchObject({ timeLeft: { lowMs: expect.closeTo(31_600, 3) as number } });
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(say()).toMatchObject({ timeLeft: { unknown: 'not-running', needed: null } });
  });

  it('takes what trials of before the start took for its range, not for its rate', () => {
    const { pace, say } = begin();
    pace.remember([...Array.from({ length: 6 }, () => ({ slot: A, ms: 500 })), { slot: A, ms: NaN }]);
    expect(say()).toMatchObject({ timeLeft: { lowMs: expect.closeTo(10_000, 3) as number }, trialsPerMinute: null });
  });

  it('says why it is unknown: nothing ends it, or nobody works', () => {
    expect(begin(null).say()).toMatchObject({ timeLeft: { unknown: 'no-limit' } });
    const { driver, say } = begin();
    driver.send({ type: 'leaving', slot: A, spawn: '1.1', session: driver.slot(A).session!, reason: 'shutdown' });
    expect(say()).toMatchObject({ timeLeft: { unknown: 'no-worker' } });
  });

  it('remembers the latest only', () => {
    const { driver, pace, say } = begin(2_000);
    for (let i = 0; i < 2_000; i++) pace.ended(A, i < 1_000 ? 9_000 : 1_000, i);
    driver.now = 10;
    expect(say()).toMatchObject({ timeLeft: { highMs: expect.closeTo(2_000_000 - 10, -3) as number } });
  });
});
