/** Tests refused messages: their error code, and the answer that lets the sender forget them. */
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

describe('Refusals: results', () => {
  it('acknowledge one of a succeeded attempt again, without effect: duplicateResult', () => {
    driver.result(id(0));
    const said = driver.result(id(0), { value: 7 });
    expect(said.map((instruction) => instruction.do)).toEqual(['sendAck']);
    expect(driver.study().columns.value(0)).toBe(1);
    expect(driver.lab.refusals.count('duplicateResult', SLOT)).toBe(1);
  });

  it('acknowledge one of a crashed attempt again: duplicateResult, while its trial is open and after', () => {
    for (let attemptNumber = 1; attemptNumber <= 3; attemptNumber++) {
      driver.pass(1_000, [SLOT]);
      driver.result(id(0, attemptNumber), { outcome: 'crashed' });
      expect(
        only(driver.result(id(0, attemptNumber), { outcome: 'crashed' }), 'sendAck'),
      ).toHaveLength(1);
    }
    expect(driver.study().columns.outcome(0)).toBe('crashed');
    expect(driver.lab.refusals.count('duplicateResult')).toBe(3);
  });

  it('refuse one of a lost attempt: staleLease, and record it in the story', () => {
    driver.pass(2_000);
    const said = driver.result(id(0));
    expect(said).toMatchObject([{ do: 'sendRefused', attempt: id(0), reason: 'staleLease' }]);
    expect(driver.study().columns.ended).toBe(0);
    expect(driver.trial(0).story.lines().at(-1)).toMatch(
      /result succeeded of attempt 1 from local\/cpu\/0: staleLease/,
    );
  });

  it('refuse one of a lost attempt whose trial another attempt has ended: staleLease', () => {
    driver.hello(SLOT);
    driver.result(id(0, 2));
    expect(driver.result(id(0, 1))).toMatchObject([{ do: 'sendRefused', reason: 'staleLease' }]);
  });

  it.each([id(0, 9), id(7), id(0, 0), id(0, 1, 'no such study')])(
    'refuse one of an unknown attempt: unknownAttempt %o',
    (attempt) => {
      const said = driver.result(attempt, {}, { slot: SLOT, incarnation: '1.1' });
      expect(said).toMatchObject([{ do: 'sendRefused', reason: 'unknownAttempt' }]);
    },
  );

  it('refuse one of a revoked attempt, whose credit returns only then: trialEnded', () => {
    driver.send({ type: 'trialCancelled', study: 'study', number: 0 });
    expect(driver.slot(SLOT).cohorts).toHaveLength(2);
    const said = driver.result(id(0));
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'trialEnded' }]);
    expect(driver.slot(SLOT).cohorts).toHaveLength(1);
  });

  it.each([
    { slot: OTHER, incarnation: '1.1' },
    { slot: SLOT, incarnation: '1.2' },
  ])("refuse one from another process than the attempt's: notYours %o", (from) => {
    driver.hello(OTHER);
    const said = driver.result(id(0), {}, from);
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'notYours' }]);
    expect(driver.trial(0).live[0]?.state).toBe('open');
  });

  it.each([NaN, Infinity, undefined])('refuse a success with value %s: malformed', (value) => {
    const result = {
      outcome: 'succeeded',
      ms: 1,
      ...(value === undefined ? {} : { value }),
    } as const;
    const said = driver.send({
      type: 'result',
      slot: SLOT,
      incarnation: '1.1',
      attempt: id(0),
      result,
    });
    expect(said).toMatchObject([{ do: 'sendRefused', reason: 'malformed' }]);
  });

  it("end the sender's session at the third invalid message in 60 s", () => {
    driver.hello(OTHER);
    const wrong = () => driver.result(id(0), {}, { slot: OTHER, incarnation: '1.1' });
    wrong();
    driver.send({ type: 'malformed', slot: OTHER, incarnation: '1.1', error: 'no schema' });
    expect(driver.slot(OTHER).session).not.toBeNull();
    expect(only(wrong(), 'sendGoodbye')).toMatchObject([{ slot: OTHER, reason: 'protocolErrors' }]);
    expect(driver.slot(OTHER).state).toBe('absent');
    expect(driver.slot(SLOT).state).toBe('ready');
  });

  it('forget an invalid message after 60 s', () => {
    const wrong = () =>
      driver.send({ type: 'malformed', slot: SLOT, incarnation: '1.1', error: 'no schema' });
    wrong();
    wrong();
    driver.pass(60_001, [SLOT]);
    wrong();
    expect(driver.slot(SLOT).session).not.toBeNull();
  });
});

describe('Refusals: beats and goodbyes of an ended session', () => {
  it('are answered so that the worker says hello: staleSession', () => {
    const before = driver.slot(SLOT).session ?? '';
    driver.hello(SLOT);
    expect(driver.beat(SLOT, { session: before })).toMatchObject([
      { do: 'sendGoodbye', session: before, reason: 'staleSession' },
    ]);
    const farewell = {
      type: 'leaving',
      slot: SLOT,
      incarnation: '1.1',
      session: before,
      reason: 'shutdown',
    } as const;
    expect(driver.send(farewell)).toMatchObject([{ do: 'sendGoodbye', reason: 'staleSession' }]);
    expect(driver.slot(SLOT).state).toBe('ready');
  });

  it('tell a replaced process to exit', () => {
    const before = driver.slot(SLOT).session ?? '';
    driver.hello(SLOT, { incarnation: '1.2' });
    const old = {
      type: 'beat',
      slot: SLOT,
      incarnation: '1.1',
      session: before,
      n: 1,
      taskSeq: 0,
      holding: [],
      rssBytes: 0,
    } as const;
    expect(driver.send(old)).toMatchObject([
      { do: 'sendGoodbye', incarnation: '1.1', reason: 'replaced' },
    ]);
  });

  it('are answered for an unknown slot too', () => {
    const beat = {
      type: 'beat',
      slot: 'nobody',
      incarnation: '1.1',
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

describe('Refusals: hellos', () => {
  it('of an older process are dropped, and the process is told to exit: oldIncarnation', () => {
    driver.hello(SLOT, { incarnation: '1.10' });
    const session = driver.slot(SLOT).session;
    expect(driver.hello(SLOT, { incarnation: '1.9' })).toMatchObject([
      { do: 'sendGoodbye', incarnation: '1.9', reason: 'replaced' },
    ]);
    expect(driver.slot(SLOT).session).toBe(session);
    expect(driver.lab.refusals.count('oldIncarnation')).toBe(1);
  });

  it('that come late are dropped: oldIncarnation', () => {
    driver.hello(SLOT, { helloNo: 5 });
    expect(driver.hello(SLOT, { helloNo: 4 })).toEqual([]);
  });

  it('that are repeated get the same welcome again: repeatedHello', () => {
    const [first] = only(driver.hello(SLOT, { helloNo: 5, holding: [id(0)] }), 'sendWelcome');
    expect(driver.hello(SLOT, { helloNo: 5 })).toEqual([first]);
    expect(driver.trial(0).live[0]?.state).toBe('open');
  });

  it('that are repeated after the end of their session get a goodbye', () => {
    driver.hello(SLOT, { helloNo: 5 });
    driver.pass(2_000);
    expect(only(driver.hello(SLOT, { helloNo: 5 }), 'sendGoodbye')).toMatchObject([
      { session: null, reason: 'staleSession' },
    ]);
  });
});

describe('Refusals: proposals', () => {
  it('that were not asked for are dropped: staleProposal', () => {
    const proposal = {
      params: Float64Array.of(1),
      origin: { operator: 'late', parents: [], generation: 0 },
    };
    expect(
      driver.send({
        type: 'proposed',
        study: 'study',
        first: 0,
        historyLength: 0,
        trials: [proposal],
      }),
    ).toEqual([]);
    expect(driver.send({ type: 'exhausted', study: 'study', first: 2, historyLength: 0 })).toEqual(
      [],
    );
    expect(driver.lab.refusals.count('staleProposal')).toBe(2);
  });
});

describe('Refusals: commands', () => {
  it.each([
    ['already-ended', () => driver.send({ type: 'trialCancelled', study: 'study', number: 0 })],
    [
      'unknown-study',
      () => driver.send({ type: 'studyPaused', study: 'no such study', graceMs: 0 }),
    ],
    ['unknown-slot', () => driver.send({ type: 'slotDrained', slot: 'no such slot' })],
    [
      'limit-reached',
      () => driver.send({ type: 'trialEnqueued', study: 'study', params: Float64Array.of(50) }),
    ],
  ])('that cannot be carried out are reported to the user: %s', (reason, command) => {
    driver.result(id(0));
    expect(command()).toMatchObject([
      { do: 'showLab', change: { kind: 'commandRefused', reason } },
    ]);
  });
});
