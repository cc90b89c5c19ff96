/** Trials that pause at rungs and are promoted: when, what is sent, and what a restart decides. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Instruction } from '../../../src/core/scheduling/index.ts';
import type { Pruning } from '../../../src/core/study/study-spec.ts';
import { id, LabDriver, STUDY, writes } from '../../support/lab-driver.ts';

/** Rungs after epochs 1 and 3 of 9. */
const PROMOTION: Pruning = {
  pruner: { name: 'asha-promotion', first: 1, eta: 3 },
  reason: 'chosen in the study',
  length: 9,
  keeps: 'last',
};
const [A, B] = ['far/cpu/0', 'far/cpu/1'];

let driver: LabDriver;

function begin(trials: number, slots: readonly string[] = [A]): void {
  driver = new LabDriver({
    sampler: { synchronous: true, generation: 0 },
    scheduler: { credits: 1 },
  });
  driver.open();
  driver.create({ trials }, STUDY, { pruning: PROMOTION });
  for (const slot of slots) driver.hello(slot);
}

/** Ends the trial's attempt after its part, at a step, with a value. */
function reach(number: number, epochs: number, value: number, k = 1): Instruction[] {
  return driver.result(id(number, k), { value, reports: [{ step: epochs - 1, value }] });
}

/** `trial/attempt from-until` of each task so far. */
const sent = (): string[] =>
  driver.tasks.map(
    ({ lane: { attempt, part } }) =>
      `${attempt.number}/${attempt.attemptNumber} ${part?.source ?? ''}:${part?.from}-${part?.until}`,
  );

describe('Scheduler: trials that pause at rungs', () => {
  beforeEach(() => begin(9));

  it('pause at the first rung, and keep their number and their reports', () => {
    const said = reach(0, 1, 5);
    expect(writes(said, 'attemptEnded')).toMatchObject([{ outcome: 'paused' }]);
    expect(writes(said, 'trialEnded')).toEqual([]);
    expect(driver.trial(0)).toMatchObject({ state: 'waiting', paused: true, checkpoint: 1 });
    expect(driver.lab.studies.get(STUDY)?.columns.reports.of(0)).toEqual([{ step: 0, value: 5 }]);
    expect(sent()).toEqual(['0/1 :0-1', '1/1 :0-1']);
  });

  it('go on from their checkpoint once they are among the best third, before a new trial starts', () => {
    reach(0, 1, 5);
    reach(1, 1, 3);
    reach(2, 1, 4);
    expect(sent().slice(3)).toEqual(['1/2 1:1-3']);
    expect(driver.trial(1)).toMatchObject({ state: 'running', paused: false });
  });

  it('repeat only the part that was lost, and keep the reports before it', () => {
    reach(0, 1, 5);
    reach(1, 1, 3);
    reach(2, 1, 4);
    driver.send({
      type: 'report',
      slot: A,
      incarnation: '1.1',
      attempt: id(1, 2),
      report: { step: 1, value: 2 },
    });
    driver.pass(5_000);
    expect(driver.lab.studies.get(STUDY)?.columns.reports.of(1)).toEqual([{ step: 0, value: 3 }]);
    driver.hello(B);
    expect(sent().slice(4)).toEqual(['1/3 1:1-3']);
  });

  it('are complete after their last part', () => {
    for (let number = 0; number < 3; number++) reach(number, 1, number);
    reach(0, 3, 0, 2);
    for (let number = 3; number < 9; number++) {
      if (driver.trial(1).state === 'running') reach(1, 3, 1, 2);
      if (driver.trial(2).state === 'running') reach(2, 3, 2, 2);
      reach(number, 1, number);
    }
    reach(2, 3, 2, 2);
    expect(sent().at(-1)).toBe('0/3 0:3-9');
    expect(writes(reach(0, 9, 0, 3), 'trialEnded')[0]).toMatchObject({
      number: 0,
      state: 'complete',
      value: 0,
    });
  });

  it('end as pruned when nothing can be promoted any more, and so does the study', () => {
    begin(3);
    for (let number = 0; number < 3; number++) reach(number, 1, number);
    reach(0, 3, 0, 2);
    // The only trial of the last rung is not among a third, but none was trained to its end.
    expect(sent().at(-1)).toBe('0/3 0:3-9');
    const said = reach(0, 9, 0, 3);
    expect(writes(said, 'trialEnded')).toMatchObject([
      { number: 0, state: 'complete' },
      { number: 1, state: 'pruned', outcome: 'pruned', value: 1 },
      { number: 2, state: 'pruned', outcome: 'pruned', value: 2 },
    ]);
    expect(driver.lab.studies.get(STUDY)).toMatchObject({ state: 'finished', reason: 'trials' });
  });

  it('end as pruned when the user stops the study', () => {
    reach(0, 1, 5);
    const said = driver.send({ type: 'studyStopped', study: STUDY, graceMs: 0 });
    expect(writes(said, 'trialEnded')).toEqual([]);
    const settled = driver.result(id(1), { outcome: 'cancelled', ms: 1 });
    expect(writes(settled, 'trialEnded')).toMatchObject([{ number: 0, state: 'pruned' }]);
    expect(driver.lab.studies.get(STUDY)?.state).toBe('finished');
  });

  it('stay paused while the study is paused', () => {
    reach(0, 1, 5);
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 0 });
    driver.result(id(1), { outcome: 'cancelled', ms: 1 });
    expect(driver.lab.studies.get(STUDY)?.state).toBe('paused');
    expect(driver.trial(0)).toMatchObject({ state: 'waiting', paused: true });
    driver.send({ type: 'studyResumed', study: STUDY });
    expect(sent().at(-1)).toBe('1/2 :0-1');
  });

  it('can be cancelled by the user', () => {
    reach(0, 1, 5);
    const said = driver.send({ type: 'trialCancelled', study: STUDY, number: 0 });
    expect(writes(said, 'trialEnded')).toMatchObject([{ number: 0, state: 'failed' }]);
  });
});
