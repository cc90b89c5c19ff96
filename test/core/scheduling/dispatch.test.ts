/** Tests which slot receives which trial, and when the scheduler asks for more. */
import { beforeEach, describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { at } from '../../../src/core/at.ts';
import { answerAsk, step } from '../../../src/core/scheduling/index.ts';
import type { Event, Instruction } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

type Ask = Extract<Instruction, { do: 'askSampler' }>;

const [A, B, C] = ['far/cpu/0', 'far/cpu/1', 'far/cpu/2'];

let driver: LabDriver;

function begin(options: DriverOptions = {}): void {
  driver = new LabDriver(options);
  driver.open();
}

/** Numbers of the trials that the slot holds, one list a cohort. */
function cohorts(slot: string): number[][] {
  return driver
    .slot(slot)
    .cohorts.map(({ attempts }) => attempts.map(({ id: { number } }) => number));
}

/** The ask that the first worker leads to, which the sampler has not answered. */
function firstAsk(): Ask {
  const hello: Event = {
    ...{ type: 'hello' as const, at: 0, slot: A, incarnation: '1.1', helloNo: 1, device: '' },
    ...{ lanes: 1, memoryBytes: 1, holding: [] },
  };
  return at(only(step(driver.lab, hello), 'askSampler'), 0);
}

beforeEach(() => begin());

describe('Scheduler: dispatch order', () => {
  it('sends the smallest number first, to the slot with the fewest cohorts, then by name; two to a slot', () => {
    for (const slot of [C, A, B]) driver.hello(slot);
    driver.create({ trials: 100 });
    expect([cohorts(A), cohorts(B), cohorts(C)]).toEqual([
      [[0], [3]],
      [[1], [4]],
      [[2], [5]],
    ]);
  });

  it('sends a returned trial first, because it keeps its number', () => {
    driver.hello(A);
    driver.hello(B);
    driver.create({ trials: 100 });
    driver.pass(2_000, [B]);
    driver.result(id(1));
    expect(cohorts(B)).toEqual([[3], [0]]);
  });

  it('does not send a trial to the slot on which it crashed, unless that is the only one', () => {
    driver.hello(A);
    driver.hello(B);
    driver.create({ trials: 3 });
    driver.result(id(0), { outcome: 'crashed' });
    expect(cohorts(A)).toEqual([[2]]);
    expect(cohorts(B)).toEqual([[1], [0]]);
  });

  it('writes proposal and attempt before the task leaves, in one transaction', () => {
    driver.hello(A);
    const said = driver.create({ trials: 1 });
    expect(said.map((instruction) => instruction.do)).toEqual([
      'persist',
      'show',
      'askSampler',
      'wakeAt',
      'persist',
      'sendCohort',
      'show',
    ]);
    expect(only(said, 'persist')[1]?.writes.map(({ op }) => op)).toEqual([
      'proposal',
      'attemptStarted',
    ]);
    expect(only(said, 'sendCohort')).toMatchObject([
      { slot: A, taskSeq: 1, lanes: [{ attempt: id(0) }] },
    ]);
  });

  it('serves the study with the fewest busy lanes', () => {
    driver.create({ trials: 100 }, 'first');
    driver.create({ trials: 100 }, 'second');
    for (const slot of [A, B]) driver.hello(slot);
    expect([driver.study('first').lanes, driver.study('second').lanes]).toEqual([2, 2]);
  });
});

describe('Scheduler: cohorts', () => {
  it('fill the lanes of their slot after spreading over idle slots', () => {
    driver.hello(A, { lanes: 4 });
    driver.hello(B, { lanes: 4 });
    driver.create({ trials: 6 });
    expect([cohorts(A), cohorts(B)]).toEqual([[[0, 1, 2]], [[3, 4, 5]]]);
  });

  it('contain trials of one shape only', () => {
    begin({ scheduler: { shapeKey: (_, params) => String((params[0] ?? 0) % 2) } });
    driver.hello(A, { lanes: 4 });
    driver.create({ trials: 8 });
    for (const { attempts } of driver.slot(A).cohorts) {
      expect(new Set(attempts.map(({ trial }) => trial.shapeKey)).size).toBe(1);
    }
    // The parameter of trial 7 is even again, so it waits for the next cohort.
    expect(cohorts(A)).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5],
    ]);
  });

  it('are no larger than any of their trials allows', () => {
    driver.hello(A, { lanes: 4 });
    driver.create({ trials: 4 });
    for (let number = 0; number < 4; number++)
      driver.result(id(number), { outcome: 'outOfMemory' });
    // Trial 0 was back first and started at once; then two slots shared the remaining trials.
    expect(cohorts(A)).toEqual([[0], [1, 2]]);
    expect(driver.trial(3)).toMatchObject({ state: 'waiting', laneCap: 2 });
  });

  it('return their credit when the last attempt is settled', () => {
    driver.hello(A, { lanes: 2 });
    driver.create({ trials: 100 });
    driver.result(id(0));
    expect(cohorts(A)).toHaveLength(2);
    driver.result(id(1));
    expect(cohorts(A)).toEqual([
      [2, 3],
      [4, 5],
    ]);
  });
});

describe('Scheduler: asking samplers', () => {
  it('asks for as many trials as there are free lanes, at most 256', () => {
    for (let i = 0; i < 200; i++) driver.hello(`far/cpu/${i}`);
    const asks = only(driver.create({ trials: 1_000 }), 'askSampler');
    expect(asks.map(({ first, count }) => [first, count])).toEqual([
      [0, 256],
      [256, 144],
    ]);
  });

  it('asks for no number beyond the limit', () => {
    driver.hello(A, { lanes: 8 });
    expect(only(driver.create({ trials: 3 }), 'askSampler')).toMatchObject([
      { first: 0, count: 3 },
    ]);
  });

  it('does not ask while no lane is free, the study is paused, or nothing can be written', () => {
    driver.create({ trials: 10 });
    driver.hello(A);
    driver.send({ type: 'storageStalled', error: 'disk full' });
    expect(only(driver.result(id(0)), 'askSampler')).toEqual([]);
    expect(only(driver.send({ type: 'storageBack' }), 'askSampler')).toHaveLength(1);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 5_000 });
    expect(only(driver.result(id(1)), 'askSampler')).toEqual([]);
  });

  it('has one ask at a time, based on the completions so far', () => {
    driver.create({ trials: 10 });
    const ask = firstAsk();
    expect(ask).toMatchObject({ first: 0, count: 2, historyLength: 0 });
    expect(only(step(driver.lab, { type: 'clock', at: 1 }), 'askSampler')).toEqual([]);
    driver.send(answerAsk(driver.lab, ask, 1));
    expect(only(driver.result(id(1)), 'askSampler')).toMatchObject([
      { first: 2, historyLength: 1 },
    ]);
    expect(
      writes(driver.said, 'proposal').map(({ number, historyLength }) => [number, historyLength]),
    ).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
    ]);
  });

  it('asks behind a barrier only when all trials before it have ended, and never across it', () => {
    begin({ sampler: { synchronous: true, generation: 3 } });
    driver.hello(A, { lanes: 8 });
    expect(only(driver.create({ trials: 100 }), 'askSampler')).toMatchObject([
      { first: 0, count: 3, historyLength: 0 },
    ]);
    driver.result(id(0));
    driver.result(id(2));
    expect(driver.study().columns.size).toBe(3);
    expect(only(driver.result(id(1)), 'askSampler')).toMatchObject([
      { first: 3, count: 3, historyLength: 3 },
    ]);
  });

  it('asks again when an enqueued trial has taken the number', () => {
    driver.create({ trials: 10 });
    const ask = firstAsk();
    driver.send({ type: 'trialEnqueued', study: 'study', params: Float64Array.of(96) });
    const said = driver.send(answerAsk(driver.lab, { ...ask, first: 0 }, 0));
    expect(driver.lab.refusals.count('staleProposal')).toBe(1);
    expect(only(said, 'askSampler')).toMatchObject([{ first: 1, count: 1 }]);
    expect(driver.trial(0).origin.operator).toBe('enqueued');
  });

  it('pauses the study with the reason when the sampler fails', () => {
    driver.create({ trials: 10 });
    const ask = firstAsk();
    driver.send({ type: 'samplerFailed', study: 'study', first: ask.first, error: 'no idea' });
    expect(driver.study()).toMatchObject({
      state: 'paused',
      reason: 'the sampler failed: no idea',
    });
  });
});

describe('Scheduler: parts of trainings', () => {
  const population = { name: 'pbt', population: 4, rounds: 3, interval: 2 } as const;
  const slots = Array.from({ length: 6 }, (_, i) => `far/cpu/${i}`);
  beforeEach(() => {
    driver = new LabDriver({
      scheduler: {
        samplerFor: ({ sampler, searchSpace, direction, seed }) =>
          createSampler(sampler, searchSpace, direction, seed),
      },
    });
    driver.open();
    for (const slot of slots) driver.hello(slot);
    driver.create({}, STUDY, { sampler: population });
  });
  const sent = (): unknown[] => driver.tasks.map(({ lane }) => lane.part);

  it('sends one round of each member, whatever the number of free slots', () => {
    expect(sent()).toEqual(Array.from({ length: 4 }, () => ({ source: null, from: 0, until: 2 })));
    driver.result(id(2), { value: 1 });
    // It could be the worst, which copies one of those that still train.
    expect(sent()).toHaveLength(4);
    expect(idleReason(driver.lab, slots[5]!)).toMatchObject({ reason: 'results' });
    for (const number of [0, 1, 3]) driver.result(id(number), { value: 2 + number });
    expect(sent().slice(4)).toHaveLength(4);
    expect(sent().slice(4)).toEqual(
      expect.arrayContaining([{ source: 2, from: 2, until: 4 }]) as unknown,
    );
    expect(driver.lab.studies.get(STUDY)?.open.size).toBe(4);
  });

  it('finishes the study after the last round of the last member', () => {
    for (let number = 0; number < 12; number++) driver.result(id(number), { value: number });
    expect(driver.lab.studies.get(STUDY)).toMatchObject({ state: 'finished', reason: 'exhausted' });
    expect(driver.tasks).toHaveLength(12);
  });

  it('refuses an enqueued trial, which would have no checkpoint to start from', () => {
    const params = Float64Array.of(5);
    expect(driver.send({ type: 'trialEnqueued', study: STUDY, params })).toMatchObject([
      { do: 'showLab', change: { kind: 'commandRefused', reason: 'not-allowed-now' } },
    ]);
    expect(driver.tasks).toHaveLength(4);
  });
});
