/**
 * Tests a scheduler that starts from the state of an earlier one: ended trials do not run again,
 * and proposals are not asked for again.
 */
import { describe, expect, it } from 'vitest';
import type { StoredTrial } from '../../../src/core/scheduling/index.ts';
import { LabRecord } from '../../../src/core/simulation/lab-record.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

const HERE = 'local/cpu/0';
const FAR = 'far/cpu/0';
const NEAR = 'near/cpu/0';

/** A driver that records its writes and is killed, and a second one that starts from them. */
function restart(
  first: (driver: LabDriver) => void,
  options: DriverOptions = {},
): { driver: LabDriver; opened: ReturnType<LabDriver['open']> } {
  const record = new LabRecord();
  const before = new LabDriver(options);
  before.open(record.open().epoch);
  first(before);
  record.commit(only(before.said, 'persist').flatMap((persist) => persist.writes));
  const driver = new LabDriver(options);
  const { epoch, lab } = record.open();
  return { driver, opened: driver.open(epoch, lab) };
}

function twoRunning(slot: string): (driver: LabDriver) => void {
  return (driver) => {
    driver.create({ trials: 4 });
    driver.hello(slot, { helloNo: 1 });
  };
}

describe('Scheduler: restart', () => {
  it('restores ended trials in their order and charges them', () => {
    const { driver } = restart((before) => {
      twoRunning(FAR)(before);
      before.result(id(1), { value: 0.5 });
      before.result(id(0), { value: 0.7 });
    });
    const { columns, best } = driver.study();
    expect([columns.completion(0), columns.completion(1), columns.value(1)]).toEqual([1, 0, 0.5]);
    expect(best).toEqual({ number: 1, value: 0.5 });
    expect(driver.study().frontier).toBe(2);
  });

  it('restores the reports of ended and of running trials, and none of an attempt that was lost', () => {
    const seen: unknown[] = [];
    const reportsOf = (driver: LabDriver): unknown[] =>
      [0, 1, 2].map((number) => driver.study().columns.reports.of(number));
    const { driver } = restart((before) => {
      before.create({ trials: 4 });
      before.hello(FAR, { lanes: 3, helloNo: 1 });
      const report = (number: number, step: number, value: number): unknown =>
        before.send({
          ...{ type: 'report', slot: FAR, incarnation: '1.1', attempt: id(number) },
          report: { step, value },
        });
      for (let step = 20; step >= 0; step--) report(0, step, step === 3 ? -0 : step / 3);
      report(1, 5, 0.1);
      report(2, 1, 4);
      before.result(id(0), { outcome: 'pruned', reports: [{ step: 21, value: 7 }] });
      before.result(id(2), { outcome: 'crashed' });
      seen.push(...reportsOf(before));
    });
    expect(reportsOf(driver)).toEqual(seen);
    expect(seen[0]).toHaveLength(22);
    expect(seen.slice(1)).toEqual([[{ step: 5, value: 0.1 }], []]);
    expect(driver.study().columns.state(0)).toBe('pruned');
  });

  it("loses the attempts of this machine's workers at once, because they died with the coordinator", () => {
    const { driver, opened } = restart(twoRunning(HERE));
    expect(writes(opened, 'attemptEnded').map(({ outcome }) => outcome)).toEqual(['lost', 'lost']);
    expect(writes(opened, 'trialBack').map(({ number }) => number)).toEqual([0, 1]);
    driver.hello(HERE, { incarnation: '2.1' });
    expect(driver.given(HERE)).toEqual([id(0, 2), id(1, 2)]);
  });

  it('adopts attempts of other workers if their process holds them', () => {
    const { driver } = restart(twoRunning(FAR));
    expect(driver.trial(0).live[0]?.state).toBe('orphaned');
    const said = driver.hello(FAR, { holding: [id(0), id(1)] });
    expect(only(said, 'sendWelcome')).toMatchObject([{ session: '2.1', keep: [id(0), id(1)] }]);
    expect(driver.trial(0).live[0]?.state).toBe('open');
    expect(driver.slot(FAR).cohorts).toHaveLength(2);
    driver.result(id(0), {}, { slot: FAR, incarnation: '1.1' });
    expect(driver.study().columns.ended).toBe(1);
  });

  it('adopts a cohort as a whole', () => {
    const { driver } = restart((before) => {
      before.create({ trials: 4 });
      before.hello(FAR, { lanes: 2, helloNo: 1 });
    });
    driver.hello(FAR, { lanes: 2, holding: [id(0), id(1), id(2), id(3)] });
    expect(
      driver.slot(FAR).cohorts.map(({ attempts }) => attempts.map(({ id: { number } }) => number)),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("accepts a result from before the restart from the attempt's worker, before any hello", () => {
    const { driver } = restart(twoRunning(FAR));
    const said = driver.result(id(0), { value: 0.5 }, { slot: FAR, incarnation: '1.1' });
    expect(only(said, 'sendAck')).toHaveLength(1);
    expect(driver.study().columns.value(0)).toBe(0.5);
  });

  it('loses an attempt at the hello of a process that does not hold it or is another one', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.hello(FAR, { holding: [id(1)] });
    expect(driver.trial(0).live[0]).toMatchObject({ id: id(0, 2), state: 'open' });
    expect(driver.trial(1).live[0]).toMatchObject({ id: id(1, 1), state: 'open' });
  });

  it('loses attempts that were not adopted within 30 s', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.pass(29_999);
    expect(driver.trial(0).live[0]?.state).toBe('orphaned');
    driver.pass(1);
    expect(driver.trial(0).state).toBe('waiting');
    expect(driver.result(id(0), {}, { slot: FAR, incarnation: '1.1' })).toMatchObject([
      { do: 'sendRefused', reason: 'staleLease' },
    ]);
  });

  it('runs the trials of workers that were not heard for 2 s since the restart elsewhere too', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.hello(NEAR);
    driver.pass(1_999, [NEAR]);
    expect(driver.given(NEAR).map(({ number }) => number)).toEqual([2, 3]);
    driver.result(id(2));
    driver.pass(1, [NEAR]);
    expect(driver.trial(0).live).toMatchObject([
      { id: id(0, 1), state: 'orphaned' },
      { id: id(0, 2), state: 'open', slot: NEAR },
    ]);
  });

  it('accepts the first result of an attempt that was not heard for 2 s and of the one elsewhere', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.hello(NEAR);
    driver.result(id(2));
    driver.result(id(3));
    driver.pass(2_000, [NEAR]);
    driver.result(id(0, 1), { value: 0.5 }, { slot: FAR, incarnation: '1.1' });
    expect(driver.study().columns.value(0)).toBe(0.5);
    expect(driver.result(id(0, 2), { outcome: 'cancelled' })).toMatchObject([
      { do: 'sendRefused', reason: 'trialEnded' },
    ]);
    driver.result(id(1, 2), { value: 0.25 });
    expect(driver.result(id(1, 1), {}, { slot: FAR, incarnation: '1.1' })).toMatchObject([
      { do: 'sendRefused' },
    ]);
    expect(driver.study().columns.value(1)).toBe(0.25);
  });

  it('adopts an attempt that was not heard for 2 s and whose trial has not run elsewhere', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.pass(5_000);
    expect(driver.trial(0).queued).toBe(true);
    driver.hello(FAR, { holding: [id(0), id(1)] });
    expect(driver.trial(0)).toMatchObject({ queued: false, live: [{ state: 'open' }] });
    driver.hello(NEAR);
    expect(driver.given(NEAR).map(({ number }) => number)).toEqual([2, 3]);
  });

  it('does not wait for workers that were not heard since the restart when the study is paused', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.pass(1_000);
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 500 });
    driver.pass(999);
    expect(driver.study().state).toBe('pausing');
    driver.pass(1);
    expect(driver.study().state).toBe('paused');
    expect(driver.trial(0).state).toBe('waiting');
  });

  it('does not count a stall of this process as silence since the restart', () => {
    const { driver } = restart(twoRunning(FAR));
    driver.now = 10_000;
    driver.send({ type: 'clock' });
    expect(driver.trial(0).queued).toBe(false);
    driver.pass(2_000);
    expect(driver.trial(0).queued).toBe(true);
  });

  it('continues the counts of failures', () => {
    const { driver } = restart((before) => {
      twoRunning(FAR)(before);
      before.result(id(0), { outcome: 'crashed' });
      before.result(id(0, 2), { outcome: 'crashed' });
    });
    driver.hello(FAR, { incarnation: '1.2' });
    const said = driver.result(id(0, 3), { outcome: 'crashed' });
    expect(writes(said, 'trialEnded')).toMatchObject([{ number: 0, state: 'failed' }]);
  });

  it('keeps a paused study paused, ends a stopped one, and leaves a finished one finished', () => {
    const paused = restart((before) => {
      twoRunning(HERE)(before);
      before.send({ type: 'studyPaused', study: 'study', graceMs: 5_000 });
    });
    expect(paused.driver.study().state).toBe('paused');
    const stopped = restart((before) => {
      twoRunning(HERE)(before);
      before.send({ type: 'studyStopped', study: 'study', graceMs: 5_000 });
    });
    expect(stopped.driver.study()).toMatchObject({
      state: 'finished',
      reason: 'stopped by the user',
    });
    const finished = restart((before) => {
      before.create({ trials: 1 });
      before.hello(HERE);
      before.result(id(0));
    });
    expect(finished.opened).toEqual([]);
    expect(finished.driver.study().state).toBe('finished');
  });

  it('continues active time from the last write', () => {
    const { driver } = restart((before) => {
      twoRunning(HERE)(before);
      before.pass(3_000, [HERE]);
    });
    driver.pass(500);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(driver.study().activeMs).toBe(3_500);
  });

  it('orders a trial that another program had ended last, and writes its completion number', () => {
    const record = new LabRecord();
    const before = new LabDriver();
    before.open(record.open().epoch);
    twoRunning(HERE)(before);
    before.result(id(1));
    record.commit(only(before.said, 'persist').flatMap((persist) => persist.writes));
    const { epoch, lab } = record.open();
    const studies = lab.studies.map((study) => {
      const trials = [...study.trials].map((trial): StoredTrial =>
        trial.number === 0
          ? {
              ...trial,
              state: 'complete',
              end: { outcome: 'endedElsewhere', value: 0.25, finishSeq: -1 },
              unsettled: trial.unsettled,
            }
          : trial,
      );
      return { ...study, trials };
    });
    const driver = new LabDriver();
    const opened = driver.open(epoch, { ...lab, studies });
    expect(writes(opened, 'trialEnded')).toMatchObject([
      { number: 0, outcome: 'endedElsewhere', value: 0.25, finishSeq: 1 },
    ]);
    expect(writes(opened, 'attemptEnded')).toMatchObject([
      { attempt: id(0), outcome: 'cancelled' },
      { attempt: { number: 2 } },
    ]);
    expect(driver.study().best).toEqual({ number: 0, value: 0.25 });
  });
});

describe('Scheduler: a trial that another program ends', () => {
  it('ends with the found value, and its attempt is revoked', () => {
    const driver = new LabDriver();
    driver.open();
    twoRunning(FAR)(driver);
    const said = driver.send({
      type: 'endedElsewhere',
      study: 'study',
      number: 0,
      state: 'complete',
      value: 0.125,
    });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 0, state: 'complete', outcome: 'endedElsewhere', value: 0.125 },
    ]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(0) }]);
    expect(only(driver.result(id(0)), 'sendRefused')).toMatchObject([{ reason: 'trialEnded' }]);
  });

  it('at the moment it ended here keeps its completion number, and is shown as found', () => {
    const driver = new LabDriver();
    driver.open();
    twoRunning(FAR)(driver);
    driver.result(id(1));
    driver.result(id(0), { value: 9 });
    const said = driver.send({
      type: 'endedElsewhere',
      study: 'study',
      number: 0,
      state: 'complete',
      value: 0.125,
    });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 0, outcome: 'endedElsewhere', value: 0.125, finishSeq: 1 },
    ]);
    expect(only(said, 'show')).toMatchObject([
      { change: { kind: 'trialEnded', number: 0, value: 0.125 } },
    ]);
  });
});
