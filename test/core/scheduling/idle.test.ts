/** Tests each idle reason of a worker. Every step of every walk checks that there always is one. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { IdleWatch } from '../../../src/core/scheduling/idle-watch.ts';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import { step } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

const A = 'far/cpu/0';
const B = 'far/cpu/1';
const HERE = 'local/cpu/0';

let driver: LabDriver;

const why = (slot = A): unknown => idleReason(driver.lab, slot);

function begin(
  options: DriverOptions = {},
  limits: Parameters<LabDriver['create']>[0] = { trials: 4 },
): void {
  driver = new LabDriver({ ...options, scheduler: { credits: 1, ...options.scheduler } });
  driver.open();
  driver.create(limits);
  driver.hello(A);
}

beforeEach(() => begin());

describe('Idle reasons: workers that are absent', () => {
  it('are away when they were never connected', () => {
    driver.send({
      type: 'leaving',
      slot: A,
      incarnation: '1.1',
      session: driver.slot(A).session!,
      reason: 'shutdown',
    });
    expect(why()).toEqual({ reason: 'away' });
  });

  it('are starting, with the time and number of tries', () => {
    driver.send({ type: 'slotOffered', slot: HERE });
    expect(why(HERE)).toEqual({ reason: 'starting', startsAt: 0, tries: 1 });
    driver.now = 100;
    driver.exit(HERE, { code: 1, incarnation: '1.1' });
    expect(why(HERE)).toEqual({ reason: 'starting', startsAt: 600, tries: 2 });
    driver.hello(HERE, { incarnation: '1.2' });
    expect(why(HERE)).toBe(null);
  });

  it('are drained from the command until they are resumed', () => {
    driver.send({ type: 'slotOffered', slot: HERE });
    driver.hello(HERE, { incarnation: '1.1' });
    driver.now = 50;
    driver.send({ type: 'slotDrained', slot: HERE });
    expect(why(HERE)).toBe(null);
    driver.now = 80;
    driver.result(driver.given(HERE)[0]!);
    expect(why(HERE)).toEqual({ reason: 'drained', since: 50 });
    driver.send({ type: 'slotDrained', slot: HERE });
    expect(why(HERE)).toEqual({ reason: 'drained', since: 50 });
    driver.send({ type: 'slotOffered', slot: HERE });
    expect(why(HERE)).toMatchObject({ reason: 'starting' });
  });

  it('are drained before their process said hello', () => {
    driver.send({ type: 'slotOffered', slot: HERE });
    driver.now = 7;
    driver.send({ type: 'slotDrained', slot: HERE });
    expect(why(HERE)).toEqual({ reason: 'drained', since: 7 });
  });

  it('are unknown where there never was such a worker', () => expect(why('nobody')).toBe(null));
});

it('reports until when a worker is quarantined and for which failures, even while its process is away', () => {
  begin({}, { trials: 1_000 });
  driver.hello(B);
  const end = (slot: string, outcome: 'succeeded' | 'crashed'): void => {
    const attempt = driver.given(slot)[0];
    if (attempt !== undefined) driver.result(attempt, { outcome, ms: 10 });
  };
  for (let i = 0; i < 3; i++) end(B, 'succeeded');
  const crashed = [];
  for (let i = 0; i < 3; i++) {
    crashed.push(driver.given(A)[0]!.number);
    end(A, 'crashed');
    for (let j = 0; j < 3; j++) end(B, 'succeeded');
  }
  for (let i = 0; i < 10 && driver.slot(A).cohorts.length > 0; i++) end(A, 'crashed');
  const failures = crashed.map((number) => ({ study: 'study', number, kind: 'crash', ms: 10 }));
  expect(why()).toMatchObject({ reason: 'quarantined', since: 0, until: 60_000, failures });
  driver.hello(A, { incarnation: '1.2' });
  driver.send({
    type: 'leaving',
    slot: A,
    incarnation: '1.2',
    session: driver.slot(A).session!,
    reason: 'shutdown',
  });
  expect(why()).toMatchObject({ reason: 'quarantined', until: 60_000 });
});

describe('Idle reasons: workers that could work', () => {
  it('have nothing to do where there is no study', () => {
    driver = new LabDriver();
    driver.open();
    driver.hello(A);
    expect(why()).toEqual({ reason: 'noStudy' });
  });

  it('are not idle while they have a trial', () => expect(why()).toBe(null));

  it('wait for the rest of a generation, with its trials and slots', () => {
    begin({ sampler: { synchronous: true, generation: 3 } }, { trials: 9 });
    driver.hello(B);
    driver.result(id(0));
    driver.result(id(2));
    expect(driver.given(B)).toEqual([id(1)]);
    expect(why()).toEqual({
      reason: 'generation',
      study: 'study',
      generation: 0,
      trials: [1],
      slots: [B],
    });
    driver.result(id(1));
    expect(why()).toBe(null);
  });

  it('wait for the sampler, with the time and the length of its history', () => {
    begin({}, { trials: 10 });
    driver.now = 30;
    const { attempt } = driver.tasks[0]!.lane;
    // A separate step, because the driver would answer the ask at once.
    step(driver.lab, {
      type: 'result',
      at: 30,
      slot: A,
      incarnation: '1.1',
      attempt,
      result: { outcome: 'succeeded', value: 1, ms: 9 },
    });
    expect(why()).toEqual({
      reason: 'sampler',
      study: 'study',
      sampler: 'model',
      since: 30,
      trials: 1,
    });
  });

  it('find every trial proposed, with the number and slots of the last ones', () => {
    begin({}, { trials: 2 });
    driver.hello(B);
    driver.result(id(0));
    expect(why()).toEqual({ reason: 'budget', study: 'study', limit: 2, trials: [1], slots: [B] });
  });

  it('find every point of the space tried', () => {
    driver = new LabDriver({ scheduler: { credits: 1 } });
    driver.open();
    driver.create({});
    driver.hello(A);
    driver.hello(B);
    driver.lab.studies.get('study')!.exhausted = true;
    driver.result(driver.given(A)[0]!);
    expect(why()).toMatchObject({ reason: 'spaceUsedUp', trials: [1], slots: [B] });
  });

  it('find only trials that crashed here or are delayed after a failure', () => {
    begin({}, { trials: 2 });
    driver.hello(B);
    driver.result(id(0), { outcome: 'crashed', error: 'boom', ms: 5_000 });
    expect(why()).toEqual({ reason: 'avoided', study: 'study', trials: [0] });
    driver.result(id(1));
    expect(why(B)).toBe(null);
    driver.result(id(0, 2), { outcome: 'crashed', error: 'boom', ms: 5_000 });
    expect(why()).toEqual({ reason: 'retry', study: 'study', trials: [0], until: 500 });
    driver.pass(500, [A, B]);
    expect(why()).toBe(null);
  });

  it('start nothing while nothing can be written', () => {
    driver.send({ type: 'storageStalled', error: 'the disk is full' });
    driver.result(id(0));
    expect(why()).toEqual({ reason: 'storage', error: 'the disk is full' });
    driver.send({ type: 'storageBack' });
    expect(why()).toBe(null);
  });

  it('find their study paused, ending, finished', () => {
    driver.hello(B);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 9_000 });
    driver.result(id(0));
    expect(why()).toEqual({
      reason: 'paused',
      study: 'study',
      why: 'paused by the user',
      trials: [1],
    });
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 9_000 });
    expect(why()).toEqual({
      reason: 'ending',
      study: 'study',
      why: 'stopped by the user',
      trials: [1],
    });
    driver.result(id(1));
    expect(why()).toEqual({ reason: 'finished', study: 'study', why: 'stopped by the user' });
  });

  it('report the reason of the running study among several', () => {
    begin({}, { trials: 2 });
    driver.hello(B);
    driver.result(id(0));
    driver.create({ trials: 0 }, 'other');
    expect(why()).toMatchObject({ reason: 'budget', study: 'study' });
    driver.result(id(1));
    expect(why()).toMatchObject({ reason: 'finished', study: 'other' });
  });
});

describe('Idle watch', () => {
  it('keeps a gap for each reason, and the time since which a slot has been idle', () => {
    begin({}, { trials: 2 });
    driver.hello(B);
    const watch = new IdleWatch();
    watch.look(driver.lab);
    expect([...watch.now]).toEqual([]);
    driver.now = 1_000;
    driver.result(id(0));
    watch.look(driver.lab);
    driver.now = 4_000;
    driver.result(id(1));
    watch.look(driver.lab);
    expect(watch.gaps).toMatchObject([
      { slot: A, from: 1_000, to: 4_000, idle: { reason: 'budget', trials: [1] } },
    ]);
    expect(watch.now.get(A)).toMatchObject({
      since: 1_000,
      reasonSince: 4_000,
      idle: { reason: 'finished' },
    });
    driver.now = 4_500;
    driver.create({}, 'other');
    watch.look(driver.lab);
    expect(watch.now.size).toBe(0);
    // Half a second is not reported as a gap.
    expect(watch.gaps).toHaveLength(1);
  });

  it('reads the open trials of a study as often for many idle slots as for one', () => {
    begin({ sampler: { synchronous: true, generation: 8 } }, { trials: 16 });
    const slots = Array.from({ length: 40 }, (_, i) => `far/cpu/${i + 1}`);
    for (const slot of slots) driver.hello(slot);
    const watch = new IdleWatch();
    const reads = vi.spyOn(driver.study().open, 'values');
    watch.look(driver.lab);
    const idle = [...watch.now.values()].map(({ idle: { reason } }) => reason);
    expect(idle).toEqual(Array.from({ length: 33 }, () => 'generation'));
    expect(reads.mock.calls.length).toBeLessThan(5);
  });

  it('keeps the latest gaps only', () => {
    const watch = new IdleWatch(1, 0);
    for (const name of ['one', 'two', 'three']) {
      driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
      for (const attempt of driver.given(A)) driver.result(attempt, { outcome: 'cancelled' });
      watch.look(driver.lab);
      driver.now += 10;
      driver.create({ trials: 1 }, name);
      watch.look(driver.lab);
      driver.result(driver.given(A)[0]!);
    }
    expect(watch.gaps).toHaveLength(1);
    // The counter advances, so that a client that has the first two gaps is sent only the third.
    expect(watch.ended).toBeGreaterThan(1);
  });
});
