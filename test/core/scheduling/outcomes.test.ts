/** Tests the effect of each outcome of an attempt on its trial: charge, retry, failure. */
import { beforeEach, describe, expect, it } from 'vitest';
import { id, LabDriver, only, writes } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';
const OTHER = 'local/cpu/1';

let driver: LabDriver;

function begin(options: ConstructorParameters<typeof LabDriver>[0] = {}, trials = 1): void {
  driver = new LabDriver(options);
  driver.open();
  driver.create({ trials });
  driver.hello(SLOT);
}

/** Waits for the next attempt of trial 0 and ends it with the outcome. */
function attempt(attemptNumber: number, result: Parameters<LabDriver['result']>[1]) {
  if (driver.trial(0).state === 'waiting')
    driver.pass(Math.max(0, driver.trial(0).notBefore - driver.now), [SLOT]);
  expect(driver.trial(0).attemptNumber).toBe(attemptNumber);
  return driver.result(id(0, attemptNumber), result);
}

beforeEach(() => begin());

describe('Scheduler: succeeded attempts', () => {
  it('complete the trial with its value, charged once, shown and acknowledged after the write', () => {
    const said = driver.result(id(0), { value: 0.25 });
    expect(said.map((instruction) => instruction.do)).toEqual([
      'persist',
      'show',
      'sendAck',
      'show',
      'finishStudy',
    ]);
    expect(writes(said, 'trialEnded')).toMatchObject([
      {
        number: 0,
        state: 'complete',
        outcome: 'succeeded',
        value: 0.25,
        finishSeq: 0,
        attemptNumber: 1,
      },
    ]);
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'succeeded' }]);
    expect(driver.study().columns.ended).toBe(1);
    expect(driver.study().open.size).toBe(0);
  });
});

describe('Scheduler: diverged attempts', () => {
  it('complete the trial with the worst value', () => {
    const said = driver.result(id(0), { outcome: 'diverged' });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { state: 'complete', outcome: 'diverged', value: Infinity },
    ]);
    expect(driver.study().best).toBeNull();
  });
});

describe('Scheduler: crashed attempts', () => {
  it('are retried at once, then after 500 ms, and fail the trial the third time', () => {
    attempt(1, { outcome: 'crashed', error: 'boom' });
    expect(driver.trial(0)).toMatchObject({ state: 'running', attemptNumber: 2, crashes: 1 });
    attempt(2, { outcome: 'crashed' });
    expect(driver.trial(0)).toMatchObject({ state: 'waiting', crashes: 2, notBefore: 500 });
    const said = attempt(3, { outcome: 'crashed' });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { state: 'failed', outcome: 'crashed', attemptNumber: 3 },
    ]);
  });

  it('are retried on another slot if there is one', () => {
    driver.hello(OTHER);
    driver.result(id(0), { outcome: 'crashed' });
    expect(driver.given(OTHER)).toEqual([id(0, 2)]);
  });

  it('are what an exit code or a fault of the process means for the running attempt, not for the waiting one', () => {
    begin({}, 2);
    driver.exit(SLOT, { code: 1 });
    expect(driver.trial(0)).toMatchObject({ state: 'waiting', crashes: 1, avoid: SLOT });
    expect(driver.trial(1)).toMatchObject({
      state: 'waiting',
      crashes: 0,
      past: [{ outcome: 'lost' }],
    });
    driver.hello(SLOT, { incarnation: '1.2' });
    driver.exit(SLOT, { signal: 'SIGSEGV' });
    expect(driver.trial(0).crashes).toBe(2);
  });

  it('end a trial with how its worker ended, where the last attempt crashed that', () => {
    const faults = Array.from({ length: 3 }, (_, i) => {
      if (i > 0) driver.hello(SLOT, { incarnation: `1.${i + 1}` });
      driver.pass(Math.max(0, driver.trial(0).notBefore - driver.now), [SLOT]);
      return driver.exit(SLOT, { signal: 'SIGTRAP' });
    });
    const shown = faults
      .flat()
      .flatMap((each) =>
        each.do === 'show' && each.change.kind === 'trialEnded' ? each.change : [],
      );
    expect(shown).toMatchObject([{ outcome: 'crashed', result: null, detail: 'SIGTRAP' }]);
  });
});

describe('Scheduler: lost attempts', () => {
  it.each([
    ['an exit that we caused', () => driver.exit(SLOT, { signal: 'SIGKILL', by: 'us' })],
    ['an exit without a fault', () => driver.exit(SLOT, { code: 0 })],
    ['silence', () => driver.pass(2_000)],
    ['a beat without it', () => driver.beat(SLOT, { holding: [] })],
    [
      'a worker that leaves',
      () =>
        driver.send({
          type: 'leaving',
          slot: SLOT,
          incarnation: '1.1',
          session: '1.1',
          reason: 'shutdown',
        }),
    ],
    ['a new hello without it', () => driver.hello(SLOT)],
  ])('requeue the trial without charging the budget: %s', (_, lose) => {
    const said = lose();
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'lost' }]);
    expect(writes(said, 'trialBack')).toMatchObject([
      { number: 0, crashes: 0, deaths: 0, memoryFailures: 0 },
    ]);
    expect(driver.study().columns.ended).toBe(0);
  });

  it('never fail a trial, however often', () => {
    for (let i = 0; i < 100; i++) driver.hello(SLOT);
    expect(driver.trial(0)).toMatchObject({ state: 'running', attemptNumber: 101, deaths: 0 });
  });
});

describe('Scheduler: workers that fall silent', () => {
  function fallSilent(incarnation: number): ReturnType<LabDriver['pass']> {
    driver.hello(SLOT, { incarnation: `1.${incarnation}`, helloNo: 1 });
    return driver.pass(2_000);
  }

  beforeEach(() => {
    driver = new LabDriver();
    driver.open();
    driver.create({ trials: 2 });
  });

  it('requeues the trial four times and fails it with the reason the fifth time, charged once', () => {
    for (let incarnation = 1; incarnation <= 4; incarnation++) {
      expect(writes(fallSilent(incarnation), 'trialEnded')).toEqual([]);
      expect(driver.trial(0)).toMatchObject({
        state: 'waiting',
        silences: incarnation,
        attemptNumber: incarnation,
      });
    }
    const said = fallSilent(5);
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 0, state: 'failed', outcome: 'silent', attemptNumber: 5 },
    ]);
    expect(writes(said, 'attemptEnded')).toContainEqual(
      expect.objectContaining({ attempt: id(0, 5), outcome: 'lost', detail: 'silent' }),
    );
    expect(driver.study().columns.ended).toBe(1);
  });

  it('counts against the trial that ran, not against the one that waited behind it', () => {
    fallSilent(1);
    expect([driver.trial(0).silences, driver.trial(1).silences]).toEqual([1, 0]);
  });

  it('continues with the other trials of the study', () => {
    for (let incarnation = 1; incarnation <= 5; incarnation++) fallSilent(incarnation);
    driver.hello(SLOT, { incarnation: '1.6', helloNo: 1 });
    driver.result(id(1, driver.trial(1).attemptNumber), { value: 1 });
    expect(driver.study().state).toBe('finished');
  });
});

describe('Scheduler: workers killed from outside', () => {
  function die(times: number): void {
    for (let i = 1; i <= times; i++) {
      driver.hello(SLOT, { incarnation: `1.${i}`, helloNo: 1 });
      driver.pass(Math.max(0, (driver.study().open.get(0)?.notBefore ?? 0) - driver.now), [SLOT]);
      driver.exit(SLOT, { signal: 'SIGKILL' });
    }
  }

  beforeEach(() => {
    driver = new LabDriver();
    driver.open();
    driver.create({ trials: 1 });
  });

  it('delay the trial from the fourth death on, 250 ms and twice as long each time up to 8 s, alone in its cohort', () => {
    const waits: number[] = [];
    for (let deaths = 1; deaths <= 11; deaths++) {
      driver.hello(SLOT, { incarnation: `1.${deaths}`, helloNo: 1 });
      driver.pass(Math.max(0, driver.trial(0).notBefore - driver.now), [SLOT]);
      driver.exit(SLOT, { signal: 'SIGTERM' });
      waits.push(driver.trial(0).notBefore - driver.now);
    }
    expect(waits).toEqual([0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(driver.trial(0).laneCap).toBe(1);
  });

  it('fail the trial as deadly the sixteenth time', () => {
    die(16);
    expect(driver.study().columns.outcome(0)).toBe('deadly');
    expect(driver.study().state).toBe('finished');
  });

  it('count against the running attempt only', () => {
    driver = new LabDriver();
    driver.open();
    driver.create({ trials: 2 });
    driver.hello(SLOT);
    driver.exit(SLOT, { signal: 'SIGHUP' });
    expect([driver.trial(0).deaths, driver.trial(1).deaths]).toEqual([1, 0]);
  });
});

describe('Scheduler: attempts out of memory', () => {
  it('halve the cohort without charge, and count as a crash at one lane', () => {
    driver = new LabDriver();
    driver.open();
    driver.create({ trials: 4 });
    driver.hello(SLOT, { lanes: 4 });
    for (let number = 0; number < 4; number++)
      driver.result(id(number), { outcome: 'outOfMemory' });
    expect(driver.trial(0)).toMatchObject({ laneCap: 2, crashes: 0, memoryFailures: 0 });
    const sizes = driver.slot(SLOT).cohorts.map(({ attempts }) => attempts.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
    driver = new LabDriver();
    begin();
    driver.result(id(0), { outcome: 'outOfMemory' });
    expect(driver.trial(0)).toMatchObject({ crashes: 1, laneCap: 0 });
  });

  it('are what an exit beyond the memory limit means', () => {
    driver.exit(SLOT, { signal: 'SIGKILL', overMemory: true });
    expect(driver.trial(0)).toMatchObject({
      crashes: 1,
      deaths: 0,
      past: [{ outcome: 'outOfMemory' }],
    });
  });

  it('are retried elsewhere after 5 s without charge if a neighbour caused them, and fail the trial the sixteenth time', () => {
    for (let attemptNumber = 1; attemptNumber < 16; attemptNumber++) {
      attempt(attemptNumber, { outcome: 'outOfMemory', byNeighbour: true });
      expect(driver.trial(0)).toMatchObject({
        state: 'waiting',
        crashes: 0,
        memoryFailures: attemptNumber,
        avoid: SLOT,
        notBefore: driver.now + 5_000,
      });
    }
    const said = attempt(16, { outcome: 'outOfMemory', byNeighbour: true });
    expect(writes(said, 'trialEnded')).toMatchObject([{ state: 'failed', outcome: 'outOfMemory' }]);
  });
});

describe('Scheduler: timed-out attempts', () => {
  it('fail the trial when their worker reports it', () => {
    const said = driver.result(id(0), { outcome: 'timedOut' });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { state: 'failed', outcome: 'timedOut', attemptNumber: 1 },
    ]);
  });

  it('fail the trial when their worker does not, are cancelled, and their worker is killed if it does not obey', () => {
    begin({ scheduler: { attemptTimeout: () => 10_000 } }, 2);
    const early = driver.pass(11_999, [SLOT]);
    expect(writes(early, 'trialEnded')).toEqual([]);
    const said = driver.pass(1, [SLOT]);
    expect(writes(said, 'trialEnded')).toMatchObject([{ number: 0, outcome: 'timedOut' }]);
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'timedOut' }]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(0), reason: 'timedOut' }]);
    expect(driver.slot(SLOT).cohorts).toHaveLength(2);
    const later = driver.pass(2_000, [SLOT]);
    expect(only(later, 'killWorker')).toMatchObject([
      { slot: SLOT, incarnation: '1.1', afterMs: 0 },
    ]);
  });

  it('leave an obeying worker alone, and the next cohort gets its full time', () => {
    begin({ scheduler: { attemptTimeout: () => 10_000 } }, 2);
    driver.pass(12_000, [SLOT]);
    driver.result(id(0), { outcome: 'cancelled' });
    const later = driver.pass(11_999, [SLOT]);
    expect(only(later, 'killWorker')).toEqual([]);
    expect(writes(later, 'trialEnded')).toEqual([]);
    expect(writes(driver.pass(1, [SLOT]), 'trialEnded')).toMatchObject([{ number: 1 }]);
  });
});

describe('Scheduler: cancelled attempts', () => {
  it('by the user fail and charge the trial, and the worker is told', () => {
    const said = driver.send({ type: 'trialCancelled', study: 'study', number: 0 });
    expect(writes(said, 'trialEnded')).toMatchObject([{ state: 'failed', outcome: 'cancelled' }]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(0) }]);
    expect(driver.study().columns.ended).toBe(1);
  });

  it('by the user of a waiting trial send no message', () => {
    attempt(1, { outcome: 'crashed' });
    attempt(2, { outcome: 'crashed' });
    const said = driver.send({ type: 'trialCancelled', study: 'study', number: 0 });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 0, state: 'failed', outcome: 'cancelled', attemptNumber: 0 },
    ]);
    expect(only(said, 'sendCancel')).toEqual([]);
  });

  it('by a pause let the trial wait without charge', () => {
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    const said = driver.result(id(0), { outcome: 'cancelled' });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ outcome: 'cancelled' }]);
    expect(driver.trial(0).state).toBe('waiting');
    expect(driver.study()).toMatchObject({ state: 'paused' });
    expect(driver.study().columns.ended).toBe(0);
  });
});
