/** What is refused, under which name, and what its sender is told, so that it forgets. */
import { beforeEach, describe, expect, it } from 'vitest';
import { id, LabDriver, only } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';
const OTHER = 'local/cpu/1';

let driver: LabDriver;

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 2 });
  driver.hello(SLOT);
});

describe('a result', () => {
  it('of an attempt that succeeded is acknowledged again, without effect: duplicateResult', () => {
    driver.result(id(0));
    const said = driver.result(id(0), { value: 7 });
    expect(said.map((instruction) => instruction.do)).toEqual(['sendAck']);
    expect(driver.study().columns.value(0)).toBe(1);
    expect(driver.lab.refusals.count('duplicateResult', SLOT)).toBe(1);
  });

  it('of an attempt that crashed is acknowledged again: duplicateResult, while its trial is open and after', () => {
    for (let k = 1; k <= 3; k++) {
      driver.pass(1_000, [SLOT]);
      driver.result(id(0, k), { outcome: 'crashed' });
      expect(only(driver.result(id(0, k), { outcome: 'crashed' }), 'sendAck')).toHaveLength(1);
    }
    expect(driver.study().columns.outcome(0)).toBe('crashed');
    expect(driver.lab.refusals.count('duplicateResult')).toBe(3);
  });

  it('of a lost attempt is refused: staleLease, and named in the story', () => {
    driver.pass(2_000);
    const said = driver.result(id(0));
    expect(said).toMatchObject([{ do: 'sendRefused', attempt: id(0), reason: 'staleLease' }]);
    expect(driver.study().columns.ended).toBe(0);
    expect(driver.trial(0).story.lines().at(-1)).toMatch(
      /result succeeded of attempt 1 from local\/cpu\/0: staleLease/,
    );
  });

  it('of a lost attempt whose trial has ended by another is refused: staleLease', () => {
    driver.hello(SLOT);
    driver.result(id(0, 2));
    expect(driver.result(id(0, 1))).toMatchObject([{ do: 'sendRefused', reason: 'staleLease' }]);
  });

  it.each([id(0, 9), id(7), id(0, 0), id(0, 1, 'no such study')])(
    'of no such attempt is refused: unknownAttempt %o',
    (attempt) => {
      const said = driver.result(attempt, {}, { slot: SLOT, spawn: '1.1' });
      expect(said).toMatchObject([{ do: 'sendRefused', reason: 'unknownAttempt' }]);
    },
  );

  it('of a revoked attempt is refused, and its credit returns only then: trialEnded', () => {
    driver.send({ type: 'trialCancelled', study: 'study', number: 0 });
    expect(driver.slot(SLOT).cohorts).toHaveLength(2);
    const said = driver.result(id(0));
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'trialEnded' }]);
    expect(driver.slot(SLOT).cohorts).toHaveLength(1);
  });

  it.each([
    { slot: OTHER, spawn: '1.1' },
    { slot: SLOT, spawn: '1.2' },
  ])('from another process than the attempt was given to is refused: notYours %o', (from) => {
    driver.hello(OTHER);
    const said = driver.result(id(0), {}, from);
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'notYours' }]);
    expect(driver.trial(0).attempt?.state).toBe('open');
  });

  it.each([NaN, Infinity, undefined])('succeeded with value %s is refused: malformed', (value) => {
    const result = {
      outcome: 'succeeded',
      ms: 1,
      ...(value === undefined ? {} : { value }),
    } as const;
    const said = driver.send({ type: 'result', slot: SLOT, spawn: '1.1', attempt: id(0), result });
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'malformed' }]);
  });

  it('that should not have been sent ends its sender’s session the third time in 60 s', () => {
    driver.hello(OTHER);
    const wrong = () => driver.result(id(0), {}, { slot: OTHER, spawn: '1.1' });
    wrong();
    driver.send({ type: 'malformed', slot: OTHER, spawn: '1.1', error: 'no schema' });
    expect(driver.slot(OTHER).session).not.toBeNull();
    expect(only(wrong(), 'sendGoodbye')).toMatchObject([{ slot: OTHER, reason: 'protocolErrors' }]);
    expect(driver.slot(OTHER).state).toBe('absent');
    expect(driver.slot(SLOT).state).toBe('ready');
  });

  it('that should not have been sent is forgiven after 60 s', () => {
    const wrong = () =>
      driver.send({ type: 'malformed', slot: SLOT, spawn: '1.1', error: 'no schema' });
    wrong();
    wrong();
    driver.pass(60_001, [SLOT]);
    wrong();
    expect(driver.slot(SLOT).session).not.toBeNull();
  });
});

describe('a beat or a farewell of a session that has ended', () => {
  it('is answered so that the worker says hello: staleSession', () => {
    const before = driver.slot(SLOT).session ?? '';
    driver.hello(SLOT);
    expect(driver.beat(SLOT, { session: before })).toMatchObject([
      { do: 'sendGoodbye', session: before, reason: 'staleSession' },
    ]);
    const farewell = {
      type: 'leaving',
      slot: SLOT,
      spawn: '1.1',
      session: before,
      reason: 'shutdown',
    } as const;
    expect(driver.send(farewell)).toMatchObject([{ do: 'sendGoodbye', reason: 'staleSession' }]);
    expect(driver.slot(SLOT).state).toBe('ready');
  });

  it('tells a process that has been replaced to exit', () => {
    const before = driver.slot(SLOT).session ?? '';
    driver.hello(SLOT, { spawn: '1.2' });
    const old = {
      type: 'beat',
      slot: SLOT,
      spawn: '1.1',
      session: before,
      n: 1,
      taskSeq: 0,
      holding: [],
      rssBytes: 0,
    } as const;
    expect(driver.send(old)).toMatchObject([
      { do: 'sendGoodbye', spawn: '1.1', reason: 'replaced' },
    ]);
  });

  it('of a slot that nobody knows is answered too', () => {
    const beat = {
      type: 'beat',
      slot: 'nobody',
      spawn: '1.1',
      session: '1.9',
      n: 1,
      taskSeq: 0,
      holding: [],
      rssBytes: 0,
    } as const;
    expect(driver.send(beat)).toMatchObject([
      { do: 'sendGoodbye', slot: 'nobody', reason: 'staleSession' },
    ]);
  });
});

describe('a hello', () => {
  it('of an older process is dropped, and the process told to exit: oldIncarnation', () => {
    driver.hello(SLOT, { spawn: '1.10' });
    const session = driver.slot(SLOT).session;
    expect(driver.hello(SLOT, { spawn: '1.9' })).toMatchObject([
      { do: 'sendGoodbye', spawn: '1.9', reason: 'replaced' },
    ]);
    expect(driver.slot(SLOT).session).toBe(session);
    expect(driver.lab.refusals.count('oldIncarnation')).toBe(1);
  });

  it('that came late is dropped: oldIncarnation', () => {
    driver.hello(SLOT, { helloNo: 5 });
    expect(driver.hello(SLOT, { helloNo: 4 })).toEqual([]);
  });

  it('said twice gets the same welcome again: repeatedHello', () => {
    const [first] = only(driver.hello(SLOT, { helloNo: 5, holding: [id(0)] }), 'sendWelcome');
    expect(driver.hello(SLOT, { helloNo: 5 })).toEqual([first]);
    expect(driver.trial(0).attempt?.state).toBe('open');
  });

  it('said twice, its session gone, gets a goodbye', () => {
    driver.hello(SLOT, { helloNo: 5 });
    driver.pass(2_000);
    expect(only(driver.hello(SLOT, { helloNo: 5 }), 'sendGoodbye')).toMatchObject([
      { session: null, reason: 'staleSession' },
    ]);
  });
});

describe('a proposal', () => {
  it('that nobody waits for is dropped: staleProposal', () => {
    const proposal = {
      params: Float64Array.of(1),
      origin: { operator: 'late', parents: [], generation: 0 },
    };
    expect(
      driver.send({ type: 'proposed', study: 'study', first: 0, basis: 0, trials: [proposal] }),
    ).toEqual([]);
    expect(driver.send({ type: 'exhausted', study: 'study', first: 2, basis: 0 })).toEqual([]);
    expect(driver.lab.refusals.count('staleProposal')).toBe(2);
  });
});

describe('a command', () => {
  it.each([
    ['alreadyEnded', () => driver.send({ type: 'trialCancelled', study: 'study', number: 0 })],
    [
      'unknownStudy',
      () => driver.send({ type: 'studyPaused', study: 'no such study', graceMs: 0 }),
    ],
    ['unknownSlot', () => driver.send({ type: 'slotDrained', slot: 'no such slot' })],
    [
      'limitReached',
      () => driver.send({ type: 'trialEnqueued', study: 'study', params: Float64Array.of(50) }),
    ],
  ])('that cannot be carried out is said to the user: %s', (reason, command) => {
    driver.result(id(0));
    expect(command()).toMatchObject([
      { do: 'showLab', change: { kind: 'commandRefused', reason } },
    ]);
  });
});
