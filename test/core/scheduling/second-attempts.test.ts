import { describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import type { Instruction, LabOptions } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';

const [A, B, C] = ['na/cpu/0', 'nb/cpu/0', 'nc/cpu/0'] as const;
const NODES = ['na', 'nb', 'nc'];

/** Three nodes of one worker each, and a study whose first trials run. */
function three(trials: number, scheduler: Partial<LabOptions> = {}): LabDriver {
  const driver = new LabDriver({
    scheduler: { queueBelowMs: 0, ...scheduler },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  for (const node of NODES) driver.join(node, 1);
  driver.create({ trials });
  for (const slot of [A, B, C]) driver.hello(slot);
  return driver;
}

/** Trial 0 runs on the first node, which is away, and a second time on the third. */
function rescued(scheduler: Partial<LabOptions> = {}): LabDriver {
  const driver = three(2, scheduler);
  const said = driver.passPulsing(2_500, ['nb', 'nc']);
  expect(only(said, 'sendCohort')).toMatchObject([{ slot: C, lanes: [{ attempt: id(0, 2) }] }]);
  return driver;
}

/** Ends of single attempts as the window and the command line are told of them. */
function shownEnds(said: readonly Instruction[]): unknown[] {
  return only(said, 'show').flatMap(({ change }) =>
    change.kind === 'attemptEnded' ? [change] : [],
  );
}

describe('Scheduler: rescue of trials whose nodes are away', () => {
  it('starts a second attempt on a free slot as soon as the node is away', () => {
    const driver = rescued();
    expect(driver.trial(0).live.map(({ node }) => node)).toEqual(['na', 'nc']);
    const started = driver.said.flatMap((one) =>
      one.do === 'show' && one.change.kind === 'trialStarted' ? [one.change.second ?? null] : [],
    );
    expect(started).toEqual([null, null, 'rescue']);
  });

  it('is done in number order with the waiting trials', () => {
    const driver = three(9);
    driver.passPulsing(2_500, ['nb', 'nc']);
    const said = driver.result(id(2));
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: C, lanes: [{ attempt: id(0, 2) }] }]);
  });

  it('is not needed any more when the node comes back before a slot was free', () => {
    const driver = three(9);
    driver.passPulsing(2_500, ['nb', 'nc']);
    driver.pulse('na');
    const said = driver.result(id(2));
    expect(only(said, 'sendCohort')).toMatchObject([{ lanes: [{ attempt: id(3) }] }]);
  });

  it('supersedes the older of two attempts that are both away', () => {
    const driver = rescued();
    driver.result(id(1));
    const said = driver.passPulsing(2_500, ['nb']);
    expect(writes(said, 'attemptEnded')).toMatchObject([
      { attempt: id(0, 1), outcome: 'cancelled', detail: 'superseded' },
    ]);
    expect(shownEnds(said)).toMatchObject([{ attempt: id(0, 1), outcome: 'cancelled', slot: A }]);
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: B, lanes: [{ attempt: id(0, 3) }] }]);
    expect(driver.trial(0).live.map(({ node }) => node)).toEqual(['nc', 'nb']);
  });

  it('never uses a node that runs the trial already, and says so', () => {
    const driver = new LabDriver({ sampler: { synchronous: true, generation: 0 } });
    driver.open();
    driver.join('na', 2);
    driver.create({ trials: 1 });
    driver.hello(A);
    driver.hello('na/cpu/1');
    driver.pulse('na', { held: [A] });
    expect(driver.trial(0).live).toHaveLength(1);
    expect(idleReason(driver.lab, 'na/cpu/1')).toMatchObject({ reason: 'avoided', trials: [0] });
  });

  it('also takes over recalled attempts, once the study runs again', () => {
    const driver = three(2);
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 5_000 });
    driver.passPulsing(5_500, NODES);
    expect(driver.trial(0).live[0]?.state).toBe('recalled');
    driver.send({ type: 'studyResumed', study: STUDY });
    const said = driver.passPulsing(2_500, ['nb', 'nc']);
    expect(only(said, 'sendCohort')).toMatchObject([{ lanes: [{ attempt: id(0, 2) }] }]);
  });

  it('serves trials on slots that are held for the owner of their machine', () => {
    const driver = three(2);
    const said = driver.pulse('na', { held: [A] });
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: C, lanes: [{ attempt: id(0, 2) }] }]);
    expect(idleReason(driver.lab, A)).toBeNull();
    driver.result(id(0));
    expect(idleReason(driver.lab, A)).toMatchObject({ reason: 'held', node: 'na' });
  });

  it('recalls what is held for 120 s', () => {
    const driver = three(2);
    driver.pulse('na', { held: [A] });
    driver.passPulsing(120_500, NODES, [A]);
    expect(driver.trial(0).live.map(({ state }) => state)).toEqual(['recalled', 'open']);
  });
});

describe('Scheduler: two attempts of a trial', () => {
  it('end the trial with the first result, and cancel the other without charge', () => {
    const driver = rescued();
    const said = driver.result(id(0, 1), { value: 7 }, { slot: A });
    expect(writes(said, 'trialEnded')).toMatchObject([{ number: 0, value: 7, attemptNumber: 1 }]);
    expect(writes(said, 'attemptEnded')).toMatchObject([
      { attempt: id(0, 1), outcome: 'succeeded' },
      { attempt: id(0, 2), outcome: 'cancelled', detail: 'superseded' },
    ]);
    expect(shownEnds(said)).toMatchObject([
      { attempt: id(0, 2), outcome: 'cancelled', slot: C, detail: 'superseded' },
    ]);
    expect(only(said, 'sendCancel')).toMatchObject([{ slot: C, attempt: id(0, 2) }]);
    expect(driver.study().columns.ended).toBe(1);
    expect(driver.slot(C).cohorts).toHaveLength(1);
    expect(only(driver.result(id(0, 2)), 'sendRefused')).toMatchObject([{ reason: 'trialEnded' }]);
    expect(driver.slot(C).cohorts).toHaveLength(0);
  });

  it.each(['crashed', 'cancelled', 'outOfMemory', 'timedOut'] as const)(
    'go on with the other when one is %s',
    (outcome) => {
      const driver = rescued();
      const said = driver.result(id(0, 2), { outcome });
      expect(writes(said, 'trialBack')).toEqual([]);
      expect(driver.trial(0).state).toBe('running');
      expect(driver.trial(0).live[0]).toMatchObject({ id: id(0, 1), state: 'open' });
      const shown = only(said, 'show').map(({ change }) => change.kind);
      expect(shown).toContain('attemptEnded');
    },
  );

  it('go on with the other when the session of one ends', () => {
    const driver = rescued();
    const said = driver.send({ type: 'nodeLeft', node: 'na', reason: 'shutdown' });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0, 1), outcome: 'lost' }]);
    expect(writes(said, 'trialBack')).toEqual([]);
    expect(driver.trial(0).live).toMatchObject([{ id: id(0, 2) }]);
  });

  it('return the trial to waiting once neither lives', () => {
    const driver = rescued();
    driver.result(id(0, 2), { outcome: 'crashed' });
    const said = driver.send({ type: 'nodeLeft', node: 'na', reason: 'shutdown' });
    expect(writes(said, 'trialBack')).toMatchObject([{ number: 0, crashes: 1 }]);
  });

  it('acknowledges the result that counted when it is repeated', () => {
    const driver = rescued();
    driver.result(id(0, 1), {}, { slot: A });
    driver.result(id(0, 2));
    expect(only(driver.result(id(0, 1), {}, { slot: A }), 'sendAck')).toHaveLength(1);
  });
});

/** One slow node and a fast one, whose speeds are known; trials 0 and 1 have ended. */
function mixed(trials: number): LabDriver {
  const driver = new LabDriver({
    scheduler: { queueBelowMs: 0 },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  driver.join('na', 1, { model: 'slow' });
  driver.join('nb', 1, { model: 'fast' });
  driver.create({ trials });
  driver.hello(A);
  driver.hello(B);
  driver.result(id(0), { ms: 8_000 });
  driver.result(id(1), { ms: 1_000 });
  return driver;
}

describe('Scheduler: stragglers', () => {
  it('are started a second time on an idle slot that is expected to end much sooner', () => {
    const driver = mixed(4);
    expect(driver.trial(2).live[0]?.slot).toBe(A);
    const said = driver.result(id(3), { ms: 1_000 });
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: B, lanes: [{ attempt: id(2, 2) }] }]);
  });

  it('are left alone where what is left takes less time than another attempt', () => {
    const driver = mixed(4);
    driver.passPulsing(6_900, ['na', 'nb']);
    driver.beat(A);
    const said = driver.result(id(3), { ms: 1_000 });
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: B, lanes: [{ attempt: id(2, 2) }] }]);
  });

  it('are not started on slower slots', () => {
    const driver = mixed(4);
    expect(only(driver.result(id(2), { ms: 8_000 }), 'sendCohort')).toEqual([]);
  });

  it('are not started while a trial waits or the sampler can be asked', () => {
    const driver = mixed(9);
    const said = driver.result(id(3), { ms: 1_000 });
    expect(only(said, 'sendCohort')).toMatchObject([{ lanes: [{ attempt: id(4) }] }]);
  });

  it('are not started of trials that have failed before', () => {
    const driver = mixed(4);
    driver.result(id(2), { outcome: 'crashed', ms: 10 });
    expect(driver.trial(2).crashes).toBe(1);
    const said = driver.result(id(3), { ms: 1_000 });
    expect(driver.trial(2).live).toHaveLength(1);
    expect(
      only(said, 'sendCohort').filter(({ lanes }) => lanes[0]?.attempt.attemptNumber === 3),
    ).toHaveLength(0);
  });

  it('never run on one node twice', () => {
    const driver = mixed(4);
    driver.result(id(3), { ms: 1_000 });
    expect(driver.trial(2).live.map(({ node }) => node)).toEqual(['na', 'nb']);
    expect(driver.study()).toMatchObject({ live: 2, lanes: 2 });
  });
});
