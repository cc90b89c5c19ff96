/** Early stopping in the scheduler: verdicts on reports, and what they race with. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Instruction } from '../../../src/core/scheduling/index.ts';
import type { Pruning } from '../../../src/core/study/study-spec.ts';
import { LabRecord } from '../../../src/core/simulation/lab-record.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';

const PRUNING: Pruning = {
  pruner: { name: 'median', startup: 1 },
  reason: 'chosen in the study',
  length: 10,
  keeps: 'last',
};
const [FIRST, SECOND] = ['far/cpu/0', 'far/cpu/1'];

let driver: LabDriver;

function begin(trials = 6, pruning = PRUNING): void {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials }, STUDY, { pruning });
  driver.hello(FIRST);
  driver.hello(SECOND);
}

function report(number: number, step: number, value: number, k = 1): Instruction[] {
  const slot = driver.tasks.find(({ lane }) => lane.attempt.number === number)?.slot ?? '';
  return driver.send({
    type: 'report',
    slot,
    incarnation: '1.1',
    attempt: id(number, k),
    report: { step, value },
  });
}

/** Trial 0 reports 1 at steps 0 … 8 and ends with `value`. */
function finishFirst(value = 0.5): void {
  for (let step = 0; step < 9; step++) report(0, step, 1);
  driver.result(id(0), { value, reports: [{ step: 9, value }] });
}

beforeEach(() => begin());

describe('Scheduler: verdicts', () => {
  it('writes a verdict with its report and cancels the attempt as pruned', () => {
    finishFirst();
    const said = report(1, 2, 3);
    expect(writes(said, 'verdict')).toEqual([
      { op: 'verdict', uid: STUDY, number: 1, verdict: { step: 2, expected: 2.5 } },
    ]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(1), reason: 'pruned' }]);
    expect(driver.trial(1).live.map(({ state }) => state)).toEqual(['recalled']);
  });

  it('ends the trial as pruned when its worker obeys, with its last report as its value', () => {
    finishFirst();
    report(1, 2, 3);
    report(1, 3, 2);
    const said = driver.result(id(1), { outcome: 'pruned', ms: 5 });
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 1, state: 'pruned', outcome: 'pruned', value: 2 },
    ]);
    expect(only(said, 'sendAck')).toHaveLength(1);
  });

  it('tells samplers the value that was expected when the trial was stopped', () => {
    finishFirst();
    report(1, 2, 3);
    driver.result(id(1), { outcome: 'pruned', ms: 5 });
    const { columns } = driver.study();
    expect(columns.value(1)).toBe(2.5);
    expect(columns.state(1)).toBe('pruned');
  });

  it('never makes a pruned trial the best', () => {
    finishFirst(0.5);
    report(1, 0, 1.2);
    driver.result(id(1), { outcome: 'pruned', value: 0.01, ms: 5 });
    expect(driver.study().best).toEqual({ number: 0, value: 0.5 });
  });

  it('accepts a result that was under way: the trial is complete', () => {
    finishFirst();
    report(1, 2, 3);
    const said = driver.result(id(1), { value: 0.25 });
    expect(writes(said, 'trialEnded')).toMatchObject([{ number: 1, state: 'complete' }]);
    expect(driver.study().best).toEqual({ number: 1, value: 0.25 });
  });

  it('asks no pruner about the last report of a training, nor twice about a trial', () => {
    finishFirst();
    expect(writes(report(1, 9, 5), 'verdict')).toEqual([]);
    expect(writes(report(1, 3, 5), 'verdict')).toEqual([]);
    begin();
    finishFirst();
    report(1, 2, 3);
    expect(writes(report(1, 3, 9), 'verdict')).toEqual([]);
  });

  it('stops trials while their study is pausing, and none whose attempt is recalled', () => {
    finishFirst();
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 0 });
    expect(writes(report(1, 2, 3), 'verdict')).toEqual([]);
  });
});

describe('Scheduler: ends of a trial with a verdict', () => {
  beforeEach(() => {
    finishFirst();
    report(1, 2, 3);
  });
  const ended = (said: readonly Instruction[]): unknown =>
    writes(said, 'trialEnded').map(({ number, state, value }) => ({ number, state, value }));
  const pruned = [{ number: 1, state: 'pruned', value: 3 }];

  it('is pruned when an older worker answers with cancelled', () => {
    expect(ended(driver.result(id(1), { outcome: 'cancelled', ms: 5 }))).toEqual(pruned);
  });

  it('is pruned when its worker is lost', () => {
    const { slot } = driver.tasks.find(({ lane }) => lane.attempt.number === 1) ?? { slot: '' };
    expect(ended(driver.hello(slot))).toEqual(pruned);
  });

  it('is pruned when its worker crashes, however often it had crashed', () => {
    driver.trial(1).crashes = 2;
    const said = driver.result(id(1), { outcome: 'crashed', ms: 5, error: 'x' });
    expect(ended(said)).toEqual(pruned);
  });

  it('fails when the user cancels it', () => {
    const said = driver.send({ type: 'trialCancelled', study: STUDY, number: 1 });
    expect(ended(said)).toMatchObject([{ number: 1, state: 'failed' }]);
  });
});

describe('Scheduler: verdicts and restarts', () => {
  /** The file as the writes of a lab leave it. */
  function recordOf(said: readonly Instruction[]): LabRecord {
    const record = new LabRecord();
    for (const instruction of said)
      if (instruction.do === 'persist') record.commit(instruction.writes);
    return record;
  }
  function restarted(said: readonly Instruction[]): LabDriver {
    const next = new LabDriver();
    next.open(2, recordOf(said).snapshot());
    return next;
  }

  it('cancels an adopted attempt again and keeps the value that was expected', () => {
    finishFirst();
    report(1, 2, 3);
    const slot = driver.tasks.find(({ lane }) => lane.attempt.number === 1)?.slot ?? '';
    expect(recordOf(driver.said).trial(STUDY, 1)?.verdict).toEqual({ step: 2, expected: 2.5 });
    driver = restarted(driver.said);
    const said = driver.hello(slot, { holding: [id(1)] });
    expect(only(said, 'sendWelcome')).toMatchObject([{ keep: [id(1)] }]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(1), reason: 'pruned' }]);
    driver.send({
      type: 'result',
      slot,
      incarnation: '1.1',
      attempt: id(1),
      result: { outcome: 'pruned', ms: 5 },
    });
    expect(driver.study().columns.value(1)).toBe(2.5);
  });

  it('tells samplers the same values after a restart', () => {
    finishFirst();
    report(1, 2, 3);
    driver.result(id(1), { outcome: 'pruned', ms: 5 });
    const before = driver.study().columns.value(1);
    driver = restarted(driver.said);
    expect(driver.study().columns.value(1)).toBe(before);
  });

  it('decides the same on the reports after a restart as without one', () => {
    const pruning = { ...PRUNING, pruner: { name: 'asha', first: 1, eta: 2 } };
    begin(20, pruning);
    report(0, 0, 1);
    const slot = driver.tasks.find(({ lane }) => lane.attempt.number === 1)?.slot ?? '';
    const holding = driver.tasks
      .filter((task) => task.slot === slot)
      .map(({ lane }) => lane.attempt);
    driver = restarted(driver.said);
    driver.hello(slot, { holding });
    const said = driver.send({
      type: 'report',
      slot,
      incarnation: '1.1',
      attempt: id(1),
      report: { step: 0, value: 2 },
    });
    expect(writes(said, 'verdict')).toMatchObject([{ number: 1 }]);
  });
});
