/** Tests a study's name, note, deletion and removal. */
import { beforeEach, describe, expect, it } from 'vitest';
import { id, LabDriver, NO_LIMITS, only } from '../../support/lab-driver.ts';

const SLOT = 'far/cpu/0';
let driver: LabDriver;

function written(said: ReturnType<LabDriver['send']>): unknown[] {
  return only(said, 'persist').flatMap(({ writes }) => writes);
}

/** Reason why the last command was refused; undefined: it was accepted. */
function refusal(said: ReturnType<LabDriver['send']>): string | undefined {
  const [shown] = only(said, 'showLab');
  return shown?.change.kind === 'commandRefused' ? shown.change.reason : undefined;
}

function pause(): void {
  driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
  for (const { number, attemptNumber } of driver.given(SLOT))
    driver.result(id(number, attemptNumber), { outcome: 'cancelled' });
  expect(driver.study().state).toBe('paused');
}

function remove(): void {
  driver.send({ type: 'studyDescribed', study: 'study', deleted: true });
  while (driver.lab.studies.has('study'))
    expect(refusal(driver.send({ type: 'studyRemoved', study: 'study' }))).toBeUndefined();
}

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 1_200 });
  driver.hello(SLOT);
});

describe('Scheduler: names and notes', () => {
  it('renames and annotates a study while it runs, without an effect on its trials', () => {
    const given = driver.given(SLOT);
    const said = driver.send({
      type: 'studyDescribed',
      study: 'study',
      name: 'other',
      note: 'a note',
    });
    expect(written(said)).toEqual([
      { op: 'description', uid: 'study', name: 'other', note: 'a note', deleted: false },
    ]);
    expect(driver.given(SLOT)).toEqual(given);
    expect(driver.study()).toMatchObject({
      state: 'running',
      note: 'a note',
      spec: { name: 'other' },
    });
    driver.result(id(0), { value: 2 });
    expect(driver.study().columns.value(0)).toBe(2);
  });

  it('leaves absent fields unchanged, and writes nothing where nothing changes', () => {
    driver.send({ type: 'studyDescribed', study: 'study', note: 'a note' });
    driver.send({ type: 'studyDescribed', study: 'study', name: 'other' });
    expect(driver.study()).toMatchObject({ note: 'a note', spec: { name: 'other' } });
    expect(
      driver.send({ type: 'studyDescribed', study: 'study', name: 'other', note: 'a note' }),
    ).toEqual([]);
  });

  it('refuses a name that another study of the lab has, deleted ones included', () => {
    driver.create({ trials: 1 }, 'second');
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'second', name: 'study' }))).toBe(
      'name-taken',
    );
    pause();
    driver.send({ type: 'studyDescribed', study: 'study', deleted: true });
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'second', name: 'study' }))).toBe(
      'name-taken',
    );
  });

  it('refuses an unknown study', () => {
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'nobody', name: 'x' }))).toBe(
      'unknown-study',
    );
    expect(refusal(driver.send({ type: 'studyRemoved', study: 'nobody' }))).toBe('unknown-study');
  });
});

describe('Scheduler: deleted studies', () => {
  it('refuses to delete a study that runs or still pauses', () => {
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'study', deleted: true }))).toBe(
      'not-allowed-now',
    );
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 5_000 });
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'study', deleted: true }))).toBe(
      'not-allowed-now',
    );
    expect(driver.study().deleted).toBe(false);
  });

  it('keeps a deleted study from running until it is restored', () => {
    pause();
    driver.send({ type: 'studyDescribed', study: 'study', deleted: true });
    const refused = [
      driver.send({ type: 'studyResumed', study: 'study' }),
      driver.send({ type: 'studyEdited', study: 'study', limits: { ...NO_LIMITS, trials: 2_000 } }),
      driver.send({ type: 'studyStopped', study: 'study', graceMs: 0 }),
      driver.send({ type: 'trialCancelled', study: 'study', number: 0 }),
      driver.send({ type: 'trialEnqueued', study: 'study', params: Float64Array.of(0.5) }),
    ];
    expect(refused.map(refusal)).toEqual(refused.map(() => 'not-allowed-now'));
    expect(refused.flatMap(written)).toEqual([]);
    driver.send({ type: 'studyDescribed', study: 'study', deleted: false });
    driver.send({ type: 'studyResumed', study: 'study' });
    expect(driver.study()).toMatchObject({ state: 'running', deleted: false });
  });

  it('removes a deleted study in pieces, the newest trials first, and then the study', () => {
    for (let n = 0; n < 1_100; n++) driver.result(driver.given(SLOT)[0] ?? id(NaN));
    pause();
    const trials = driver.study().columns.size;
    const from = driver.said.length;
    remove();
    expect(written(driver.said.slice(from))).toEqual([
      { op: 'description', uid: 'study', name: 'study', note: '', deleted: true },
      { op: 'trialsRemoved', uid: 'study', from: trials - 500 },
      { op: 'trialsRemoved', uid: 'study', from: trials - 1_000 },
      { op: 'trialsRemoved', uid: 'study', from: 0 },
      { op: 'studyRemoved', uid: 'study' },
    ]);
    expect(only(driver.said.slice(from), 'show').at(-1)?.change).toEqual({ kind: 'studyRemoved' });
  });

  it('does not restore or rename a study whose removal has begun', () => {
    for (let n = 0; n < 600; n++) driver.result(driver.given(SLOT)[0] ?? id(NaN));
    pause();
    driver.send({ type: 'studyDescribed', study: 'study', deleted: true });
    driver.send({ type: 'studyRemoved', study: 'study' });
    expect(driver.lab.studies.has('study')).toBe(true);
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'study', deleted: false }))).toBe(
      'not-allowed-now',
    );
    expect(refusal(driver.send({ type: 'studyDescribed', study: 'study', name: 'x' }))).toBe(
      'not-allowed-now',
    );
  });

  it('refuses to remove a study that is not deleted, or whose trial a worker has not ended', () => {
    expect(refusal(driver.send({ type: 'studyRemoved', study: 'study' }))).toBe('not-allowed-now');
    for (const { number } of driver.given(SLOT))
      driver.send({ type: 'trialCancelled', study: 'study', number });
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(driver.study()).toMatchObject({ state: 'paused', live: 0 });
    driver.send({ type: 'studyDescribed', study: 'study', deleted: true });
    expect(refusal(driver.send({ type: 'studyRemoved', study: 'study' }))).toBe('not-allowed-now');
    expect(driver.lab.studies.has('study')).toBe(true);
  });

  it('refuses late messages of a worker about a removed study, and continues with others', () => {
    const [first] = driver.given(SLOT);
    pause();
    remove();
    driver.result(first ?? id(NaN));
    expect(driver.lab.refusals.count('unknownAttempt')).toBe(1);
    driver.create({ trials: 1 }, 'second');
    driver.pass(60_000, [SLOT]);
    for (const attempt of driver.given(SLOT)) driver.result(attempt);
    expect(driver.study('second').state).toBe('finished');
  });
});
