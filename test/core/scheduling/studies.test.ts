/** Tests the states and stop rules of a study. */
import { beforeEach, describe, expect, it } from 'vitest';
import { idealList } from '../../support/model-study.ts';
import { id, LabDriver, NO_LIMITS, only, writes } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

const SLOT = 'far/cpu/0';
const OTHER = 'far/cpu/1';

let driver: LabDriver;

function begin(
  options: DriverOptions = {},
  limits: Parameters<LabDriver['create']>[0] = { trials: 4 },
): void {
  driver = new LabDriver(options);
  driver.open();
  driver.create(limits);
  driver.hello(SLOT);
}

/** Ends every trial with this value, in the order of dispatch, until none is left. */
function finishAll(value: (number: number) => number = () => 1, reverse = false): void {
  for (let next = driver.given(SLOT); next.length > 0; next = driver.given(SLOT)) {
    const attempt = reverse ? next.at(-1) : next[0];
    if (attempt !== undefined) driver.result(attempt, { value: value(attempt.number) });
  }
}

beforeEach(() => begin());

describe('Scheduler: states of a study', () => {
  it('finishes when all wanted trials have ended, and reports it once', () => {
    finishAll();
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'trials' });
    expect(only(driver.said, 'finishStudy')).toEqual([
      { do: 'finishStudy', study: 'study', reason: 'trials' },
    ]);
  });

  it('pauses: no ask, no dispatch; after the grace period running attempts are recalled, and a success under way still counts', () => {
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 1_000 });
    driver.result(id(0));
    expect(driver.study()).toMatchObject({ state: 'pausing', live: 1 });
    const said = driver.pass(1_000, [SLOT]);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(1) }]);
    driver.result(id(1), { value: 3 });
    expect(driver.study().state).toBe('paused');
    expect(driver.study().columns.value(1)).toBe(3);
  });

  it('continues where it was after a pause, and finishes', () => {
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    driver.result(id(0), { outcome: 'cancelled' });
    driver.result(id(1), { outcome: 'cancelled' });
    expect(driver.study().state).toBe('paused');
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(driver.given(SLOT)).toEqual([id(0, 2), id(1, 2)]);
    finishAll();
    expect(driver.study().state).toBe('finished');
  });

  it('can be resumed while it pauses', () => {
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 5_000 });
    driver.send({ type: 'studyResumed', study: 'study' });
    driver.pass(6_000, [SLOT]);
    expect(driver.trial(0).live[0]?.state).toBe('open');
  });

  it('stops: running trials may finish, waiting ones stay waiting and are not charged', () => {
    begin({}, { trials: 100 });
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 0 });
    driver.result(id(0));
    driver.result(id(1), { outcome: 'cancelled' });
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'stopped by the user' });
    expect(driver.trial(1).state).toBe('waiting');
    expect(driver.study().columns.ended).toBe(1);
  });

  it('can be stopped while paused', () => {
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    for (const number of [0, 1]) driver.result(id(number), { outcome: 'cancelled' });
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 0 });
    expect(driver.study().state).toBe('finished');
  });

  it('runs again when its limits are changed so that no stop rule applies; waiting trials run first', () => {
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 0 });
    for (const number of [0, 1]) driver.result(id(number), { outcome: 'cancelled' });
    driver.send({ type: 'studyEdited', study: 'study', limits: { ...NO_LIMITS, trials: 6 } });
    expect(driver.given(SLOT)).toEqual([id(0, 2), id(1, 2)]);
    finishAll();
    expect(driver.study().columns.ended).toBe(6);
  });

  it('resumes a stopped study with its limit, waiting trials first', () => {
    begin({}, { trials: 4 });
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 0 });
    driver.result(id(0));
    driver.result(id(1), { outcome: 'cancelled' });
    expect(driver.study().state).toBe('finished');
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(driver.given(SLOT)).toEqual([id(1, 2), id(2)]);
    finishAll();
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'trials' });
    expect(driver.study().columns.ended).toBe(4);
  });

  it('resumes a study that is still ending after a stop without losing running attempts', () => {
    driver.send({ type: 'studyStopped', study: 'study', graceMs: 5_000 });
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(driver.study().state).toBe('running');
    driver.pass(6_000, [SLOT]);
    expect(driver.trial(0).live[0]?.state).toBe('open');
  });

  it('does not resume a study that met its stop rule', () => {
    begin({}, { trials: 2 });
    finishAll();
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'trials' });
  });

  it('ends when the sampler has nothing more to propose and the last trial has ended', () => {
    begin({}, {});
    driver.lab.studies.get('study')!.asking = {
      ...{ first: 2, count: 1, historyLength: 0, edits: 0, at: 0 },
    };
    driver.send({ type: 'exhausted', study: 'study', first: 2, historyLength: 0 });
    finishAll();
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'exhausted' });
  });
});

describe('Scheduler: a lower limit of trials', () => {
  it('recalls trials beyond the limit, whose success still counts', () => {
    begin({}, { trials: 10 });
    driver.hello(OTHER);
    const said = driver.send({
      type: 'studyEdited',
      study: 'study',
      limits: { ...NO_LIMITS, trials: 2 },
    });
    expect(only(said, 'sendCancel').map(({ attempt }) => attempt.number)).toEqual([2, 3]);
    driver.result(id(2));
    driver.result(id(0));
    driver.result(id(1));
    driver.result(id(3), { outcome: 'cancelled' });
    expect(driver.study()).toMatchObject({ state: 'finished' });
    expect(driver.study().columns.ended).toBe(3);
    expect(driver.trial(3).state).toBe('waiting');
  });
});

describe('Scheduler: limit of minutes', () => {
  it('counts only while the study runs, and ends it', () => {
    begin({}, { activeMs: 10_000 });
    driver.pass(4_000, [SLOT]);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    for (const number of [0, 1]) driver.result(id(number), { outcome: 'cancelled' });
    driver.pass(60_000, [SLOT]);
    driver.send({ type: 'studyResumed', study: 'study' });
    driver.pass(5_999, [SLOT]);
    expect(driver.study().state).toBe('running');
    driver.pass(1, [SLOT]);
    expect(driver.study()).toMatchObject({ state: 'ending', reason: 'minutes' });
  });

  it('is written each second', () => {
    const said = driver.pass(3_000, [SLOT]);
    expect(writes(said, 'activeMs').map(({ activeMs }) => activeMs)).toEqual([1_000, 2_000, 3_000]);
  });
});

describe('Scheduler: target', () => {
  it('ends an asynchronous study when it is reached', () => {
    begin({}, { trials: 100, target: 0.5 });
    driver.result(id(0), { value: 0.6 });
    expect(driver.study().state).toBe('running');
    driver.result(id(1), { value: 0.5 });
    expect(driver.study()).toMatchObject({ state: 'ending', reason: 'target' });
    finishAll();
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'target' });
  });

  it.each([
    ['its generation', 3, 6],
    ['the hit itself, where nothing waits for anything', 0, 5],
  ])('of a synchronous study keeps %s', (_, generation, limit) => {
    begin({ sampler: { synchronous: true, generation } }, { trials: 100, target: 0 });
    finishAll((number) => (number === 4 ? 0 : 1));
    expect(driver.study()).toMatchObject({ state: 'finished', reason: 'target', limit });
  });

  it('of a synchronous study gives the same trials for any order of completion', () => {
    const lists = [false, true].map((reverse) => {
      begin({ sampler: { synchronous: true, generation: 4 } }, { trials: 100, target: 6 });
      const ideal = idealList({ synchronous: true, generation: 4 }, 100);
      finishAll((number) => ideal[number]?.value ?? NaN, reverse);
      const { columns, limit } = driver.study();
      return Array.from({ length: limit }, (__, number) => columns.value(number));
    });
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]!.length).toBeGreaterThan(4);
  });
});

it('Story: contains the events of a trial, each with its cause', () => {
  driver.pass(2_000);
  expect(driver.trial(0).story.lines()).toEqual([
    '1.4 at 0 ms, proposed because of 1.3: proposed by model after 0 completions',
    '1.4 at 0 ms, proposed because of 1.3: attempt 1 sent to far/cpu/0, session 1.1',
    expect.stringMatching(/^1\.\d+ at 2000 ms, clock: attempt 1 on far\/cpu\/0 lost \(silent\)$/),
  ]);
});

it('Story: keeps the last 32 lines', () => {
  for (let i = 0; i < 50; i++) driver.hello(SLOT);
  expect(driver.trial(0).story.lines()).toHaveLength(32);
});
