/**
 * Tests a study's rate and time left in its head, with estimates that arrive when a test sends
 * them.
 */
import { describe, expect, it } from 'vitest';
import { timeLeft } from '../../src/core/analysis/time-left.ts';
import type { TimeLeft, Workload } from '../../src/core/analysis/time-left.ts';
import { Pace } from '../../src/endpoints/projections/pace.ts';
import { timeLeft as shownTimeLeft } from '../../src/protocol/window/study-stream.ts';
import { id, LabDriver } from '../support/lab-driver.ts';

const A = 'local/cpu/0';
const PENDING = { unknown: 'pending', needed: null };

interface Asked {
  readonly work: Workload;
  readonly answer: () => Promise<void>;
  readonly fail: () => Promise<void>;
}

interface Scene {
  readonly driver: LabDriver;
  readonly pace: Pace;
  readonly say: () => ReturnType<Pace['say']>;
  /** What `say` answers once every estimate that it requested has arrived. */
  readonly settled: () => Promise<ReturnType<Pace['say']>>;
  /** Estimates that were requested and not answered yet, oldest first. */
  readonly asked: Asked[];
  readonly told: () => number;
}

function begin(trials: number | null = 20): Scene {
  const driver = new LabDriver({ scheduler: { credits: 1 } });
  driver.open();
  driver.create({ trials });
  driver.hello(A);
  const asked: Asked[] = [];
  const pace = new Pace((work) => {
    const copy = structuredClone(work);
    return new Promise<TimeLeft>((resolve, reject) => {
      const passed = (): Promise<void> => new Promise((done) => setImmediate(done));
      asked.push({
        work: copy,
        answer: () => (resolve(timeLeft(copy)), passed()),
        fail: () => (reject(new Error('the thread ended')), passed()),
      });
    });
  });
  let told = 0;
  pace.estimated.listen(() => (told += 1));
  const say = (): ReturnType<Pace['say']> => pace.say(driver.lab, driver.study(), driver.now);
  const settled = async (): Promise<ReturnType<Pace['say']>> => {
    say();
    for (const { answer } of asked.splice(0)) await answer();
    return say();
  };
  return { driver, pace, say, settled, asked, told: () => told };
}

/** Trials of a second each, one after another. */
function run(driver: LabDriver, pace: Pace, from: number, to: number): void {
  for (let number = from; number < to; number++) {
    driver.pass(1_000, [A]);
    driver.result(id(number), { ms: 1_000 });
    pace.ended(A, 1_000, driver.now);
  }
}

const around = (lowMs: number): unknown => ({ lowMs: expect.closeTo(lowMs, 3) as number });

/** The direct computation of an estimate that was requested. */
function direct(asked: Asked | undefined): unknown {
  const left = asked === undefined ? null : timeLeft(asked.work);
  return left?.known === true ? { lowMs: left.lowMs, highMs: left.highMs } : null;
}

describe('Pace: rate and time left', () => {
  it('is unknown until five trials have ended, then a range and a rate', async () => {
    const { driver, pace, say, settled, asked } = begin();
    run(driver, pace, 0, 4);
    expect(say()).toMatchObject({ timeLeft: { unknown: 'too-few', needed: 5 } });
    expect(asked).toEqual([]);
    run(driver, pace, 4, 8);
    const said = await settled();
    expect(said.trialsPerMinute).toBeCloseTo(60, 6);
    expect(said.timeLeft).toEqual({
      lowMs: expect.closeTo(12_000, 3) as number,
      highMs: expect.closeTo(12_000, 3) as number,
    });
    expect(shownTimeLeft.parse(said.timeLeft)).toEqual(said.timeLeft);
    expect(Object.keys(said)).toEqual(['timeLeft', 'trialsPerMinute']);
  });

  it('takes durations from before the start for its range, not for its rate', async () => {
    const { pace, settled } = begin();
    pace.remember([
      ...Array.from({ length: 6 }, () => ({ slot: A, ms: 500 })),
      { slot: A, ms: NaN },
    ]);
    expect(await settled()).toMatchObject({ timeLeft: around(10_000), trialsPerMinute: null });
  });

  it('says at once why there is no estimate: no limit, or no worker', () => {
    expect(begin(null).say()).toMatchObject({ timeLeft: { unknown: 'no-limit' } });
    const { driver, say } = begin();
    driver.send({
      type: 'leaving',
      slot: A,
      incarnation: '1.1',
      session: driver.slot(A).session!,
      reason: 'shutdown',
    });
    expect(say()).toMatchObject({ timeLeft: { unknown: 'no-worker' } });
  });

  it('keeps the latest durations only', async () => {
    const { driver, pace, settled } = begin(2_000);
    for (let i = 0; i < 2_000; i++) pace.ended(A, i < 1_000 ? 9_000 : 1_000, i);
    driver.now = 10;
    expect(await settled()).toMatchObject({
      timeLeft: { highMs: expect.closeTo(2_000_000 - 10, -3) as number },
    });
  });
});

describe('Pace: estimates that arrive later', () => {
  it('requests one a second, and none while one is in flight', async () => {
    const { driver, pace, say, settled, asked } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.now += 400;
    say();
    expect(asked).toEqual([]);
    driver.now += 600;
    say();
    driver.now += 5_000;
    say();
    expect(asked).toHaveLength(1);
  });

  it('counts the last estimate down until the next one arrives', async () => {
    const { driver, pace, say, settled, asked, told } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.now += 1_500;
    expect(say()).toMatchObject({ timeLeft: around(10_500) });
    expect(told()).toBe(1);
    await asked[0]?.answer();
    expect(told()).toBe(2);
    expect(say()).toMatchObject({ timeLeft: direct(asked[0]) });
  });

  it('shows no estimate of other limits after an extension', async () => {
    const { driver, pace, say, settled, asked } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.now += 1_000;
    say();
    driver.send({
      type: 'studyEdited',
      study: 'study',
      limits: { trials: 40, activeMs: null, target: null },
    });
    expect(say()).toMatchObject({ timeLeft: PENDING });
    const [before, after] = asked;
    expect([before?.work.unstarted, after?.work.unstarted]).toEqual([11, 31]);
    await before?.answer();
    expect(say()).toMatchObject({ timeLeft: PENDING });
    await after?.answer();
    expect(say()).toMatchObject({ timeLeft: direct(after) });
  });

  it('shows no estimate from before a pause after the study is resumed', async () => {
    const { driver, pace, say, settled, asked } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.now += 1_000;
    say();
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(say()).toMatchObject({ timeLeft: { unknown: 'not-running', needed: null } });
    await asked.shift()?.answer();
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(say()).toMatchObject({ timeLeft: PENDING });
    await asked[0]?.answer();
    expect(say()).toMatchObject({ timeLeft: { lowMs: expect.any(Number) as number } });
  });

  it('drops the estimate at a change of state that no head saw', async () => {
    const { driver, pace, say, settled } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    driver.send({ type: 'studyResumed', study: 'study' });
    pace.stateChanged();
    expect(say()).toMatchObject({ timeLeft: PENDING });
  });

  it('keeps the last estimate when the thread ends, and requests another a second later', async () => {
    const { driver, pace, say, settled, asked, told } = begin();
    run(driver, pace, 0, 8);
    await settled();
    driver.now += 1_000;
    say();
    await asked.shift()?.fail();
    expect(say()).toMatchObject({ timeLeft: around(11_000) });
    expect([asked.length, told()]).toEqual([0, 1]);
    driver.now += 1_000;
    say();
    expect(asked).toHaveLength(1);
  });
});
