import { describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import type { LabOptions } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';

const [A, B] = ['na/cpu/0', 'nb/cpu/0'] as const;

/** Two nodes of one worker each, and a study that runs. */
function two(
  options: {
    trials?: number;
    scheduler?: Partial<LabOptions>;
    synchronous?: boolean;
    generation?: number;
  } = {},
): LabDriver {
  const { trials = 2, scheduler = {}, synchronous = true, generation = 0 } = options;
  const driver = new LabDriver({
    scheduler: { queueBelowMs: 0, ...scheduler },
    sampler: { synchronous, generation },
  });
  driver.open();
  driver.join('na', 1);
  driver.join('nb', 1);
  driver.create({ trials });
  driver.hello(A);
  driver.hello(B);
  return driver;
}

describe('Scheduler: a node joins', () => {
  it('starts no worker before a study runs, then those of every node', () => {
    const driver = new LabDriver();
    driver.open();
    expect(only(driver.join('na', 2), 'spawnWorker')).toEqual([]);
    expect(idleReason(driver.lab, A)).toEqual({ reason: 'resting', node: 'na' });
    expect(only(driver.create({ trials: 9 }), 'spawnWorker').map(({ slot }) => slot)).toEqual([
      'na/cpu/0',
      'na/cpu/1',
    ]);
    expect(only(driver.join('nb', 1), 'spawnWorker')).toMatchObject([{ slot: B }]);
  });

  it('is welcomed with the workers that it shall run, after the commit', () => {
    const driver = new LabDriver();
    driver.open();
    driver.create({ trials: 9 });
    const said = driver.join('na', 1);
    expect(only(said, 'sendNode')).toMatchObject([
      {
        node: 'na',
        message: {
          type: 'welcome',
          epoch: 1,
          link: 1,
          run: [{ slot: A, incarnation: driver.slot(A).supervision?.launched }],
        },
      },
    ]);
  });

  it('ends the workers of nodes 60 s after the last study, and none of this machine', () => {
    const driver = two({ trials: 2 });
    driver.send({ type: 'slotOffered', slot: 'local/cpu/0' });
    driver.result(id(0));
    driver.result(id(1));
    expect(driver.study().state).toBe('finished');
    driver.passPulsing(59_500, ['na', 'nb']);
    expect(driver.slot(A).session).not.toBeNull();
    const said = driver.passPulsing(1_000, ['na', 'nb']);
    expect(only(said, 'killWorker').map(({ slot }) => slot)).toEqual([A, B]);
    expect(only(said, 'sendGoodbye').map(({ reason }) => reason)).toEqual(['drained', 'drained']);
    expect(driver.slot('local/cpu/0').supervision?.launched).not.toBeNull();
  });

  it('continues the workers that a node ran under the coordinator before', () => {
    const driver = new LabDriver();
    driver.open(2);
    driver.create({ trials: 9 });
    const said = driver.join('na', 1, { slot: { running: '1.7' } });
    expect(only(said, 'spawnWorker')).toEqual([]);
    expect(only(said, 'sendNode')).toMatchObject([
      { message: { run: [{ slot: A, incarnation: '1.7' }] } },
    ]);
  });

  it('ends workers that a process started here could not replace', () => {
    const driver = new LabDriver();
    driver.open(2);
    driver.create({ trials: 9 });
    const said = driver.join('na', 1, { slot: { running: '9.9' } });
    expect(only(said, 'sendNode')).toMatchObject([
      { message: { run: [{ slot: A, incarnation: '2.1' }] } },
    ]);
  });

  it('ends the sessions of slots that its list does not contain any more', () => {
    const driver = new LabDriver();
    driver.open();
    driver.create({ trials: 9 });
    driver.join('na', 2);
    driver.hello(A);
    driver.hello('na/cpu/1');
    const said = driver.join('na', 1);
    expect(only(said, 'sendGoodbye')).toMatchObject([{ slot: 'na/cpu/1', reason: 'withdrawn' }]);
    expect(driver.slot(A).session).not.toBeNull();
  });
});

describe('Scheduler: a new link of the same node process', () => {
  it('keeps the sessions and sends the cohorts that the node did not pass on again', () => {
    const driver = two();
    const { taskSeq, session } = driver.slot(A);
    expect(only(driver.join('na', 1), 'sendCohort')).toEqual([]);
    const said = driver.join('na', 1, { slot: { taskSeq: taskSeq - 1 } });
    expect(only(said, 'sendCohort')).toMatchObject([
      { slot: A, session, taskSeq, again: true, lanes: [{ attempt: id(0) }] },
    ]);
    expect(writes(said, 'attemptStarted')).toEqual([]);
    const order = said.map((instruction) => instruction.do);
    expect(order.indexOf('sendNode')).toBeLessThan(order.indexOf('sendCohort'));
  });

  it('repeats the cancel of what was recalled meanwhile', () => {
    const driver = two();
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 0 });
    const said = driver.join('na', 1, { slot: { taskSeq: 0 } });
    expect(only(said, 'sendCohort')).toHaveLength(1);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(0) }]);
  });

  it('does not judge a task by the beats before it was sent again', () => {
    const driver = two();
    driver.passPulsing(2_000, ['na', 'nb']);
    driver.beat(A, { taskSeq: 0, holding: [] });
    driver.join('na', 1, { slot: { taskSeq: 0 } });
    driver.passPulsing(1_500, ['na', 'nb']);
    expect(only(driver.beat(A, { taskSeq: 0, holding: [] }), 'sendGoodbye')).toEqual([]);
  });

  it('is ignored if it is older than the one in use', () => {
    const driver = two();
    driver.join('na', 1);
    expect(driver.join('na', 1, { link: 1 })).toEqual([]);
  });
});

describe('Scheduler: another process of a node', () => {
  it('ends all sessions of the one before, without charge, and starts workers anew', () => {
    const driver = two();
    const said = driver.join('na', 1, { boot: 2, slot: { running: null, session: null } });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'lost' }]);
    expect(writes(said, 'trialBack')).toMatchObject([{ crashes: 0, deaths: 0 }]);
    expect(only(said, 'spawnWorker')).toMatchObject([{ slot: A }]);
  });

  it('is refused if it was started earlier than the one in use', () => {
    const driver = two();
    driver.join('na', 1, { boot: 5, slot: { running: null, session: null } });
    expect(driver.join('na', 1, { boot: 4 })).toMatchObject([
      { do: 'sendNode', message: { type: 'goodbye', reason: 'replaced' } },
    ]);
    expect(driver.node('na').boot).toBe(5);
  });
});

describe('Scheduler: a silent node', () => {
  it('is away after 2 s and keeps its sessions', () => {
    const driver = two();
    driver.passPulsing(2_500, ['nb']);
    expect(driver.node('na').presence).toBe('away');
    expect(driver.slot(A).session).not.toBeNull();
    expect(idleReason(driver.lab, B)).toBeNull();
  });

  it('is given no cohort while it is away, and is after any message of its workers', () => {
    const driver = two({ trials: 9 });
    driver.pass(2_500);
    expect(only(driver.result(id(0)), 'sendCohort').map(({ slot }) => slot)).toEqual([A]);
    expect(driver.node('na').presence).toBe('present');
    expect(driver.node('nb').presence).toBe('away');
  });

  it('is lost after 120 s more, with all its sessions together', () => {
    const driver = two();
    driver.passPulsing(121_500, ['nb']);
    expect(driver.node('na').presence).toBe('away');
    const said = driver.passPulsing(1_000, ['nb']);
    expect(driver.node('na')).toMatchObject({ presence: 'absent', reason: 'silent' });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'lost' }]);
    expect(driver.result(id(0), {}, { slot: A })).toEqual([]);
  });

  it('is not away for a silence during which this process was stalled', () => {
    const driver = two();
    driver.passPulsing(1_000, ['na', 'nb']);
    driver.now += 60_000;
    driver.send({ type: 'clock' });
    expect(driver.node('na').presence).toBe('present');
  });

  it('ends a worker that is silent to a node that is heard, as after a lease of its own', () => {
    const driver = two();
    driver.passPulsing(1_000, ['na', 'nb']);
    driver.pulse('na', { silent: [A] });
    driver.pulse('nb');
    const said = [...driver.pass(1_100), ...driver.pulse('na', { silent: [A] })];
    expect(only(said, 'sendGoodbye')).toMatchObject([{ slot: A, reason: 'silent' }]);
    expect(driver.slot(B).session).not.toBeNull();
  });

  it('lets a silent worker live that is heard again', () => {
    const driver = two();
    driver.pulse('na', { silent: [A] });
    driver.pass(500);
    driver.beat(A);
    expect(only(driver.passPulsing(4_000, ['na', 'nb']), 'sendGoodbye')).toEqual([]);
  });

  it('does not keep a paused study waiting: sessions with its attempts end with the grace', () => {
    const driver = two();
    driver.passPulsing(2_500, ['nb']);
    driver.send({ type: 'studyPaused', study: STUDY, graceMs: 1_000 });
    driver.result(id(1));
    driver.passPulsing(1_500, ['nb']);
    expect(driver.study().state).toBe('paused');
    expect(driver.slot(A).session).toBeNull();
  });
});

describe('Scheduler: a node leaves', () => {
  it.each(['sleep', 'shutdown'])('with its sessions, at once (%s)', (reason) => {
    const driver = two();
    const said = driver.send({ type: 'nodeLeft', node: 'na', reason });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'lost' }]);
    expect(idleReason(driver.lab, A)).toMatchObject({ reason: 'nodeAbsent', why: reason });
  });

  it('is told goodbye and cut when it is removed, and nothing is sent to it afterwards', () => {
    const driver = two();
    const said = driver.send({ type: 'nodeRemoved', node: 'na' });
    expect(said.slice(-2)).toMatchObject([
      { do: 'sendNode', message: { type: 'goodbye', reason: 'removed' } },
      { do: 'cutNode', node: 'na' },
    ]);
    expect(driver.trial(0).state).toBe('waiting');
    expect(driver.hello(A)).toEqual([]);
    expect(driver.result(id(0), {}, { slot: A })).toEqual([]);
    expect(driver.pulse('na')).toEqual([]);
  });

  it('gives up orphaned attempts of a removed node that has not joined yet', () => {
    const driver = new LabDriver();
    driver.open(2, restored());
    expect(driver.trial(0).state).toBe('running');
    driver.send({ type: 'nodeRemoved', node: 'na' });
    expect(driver.trial(0).live.map(({ slot }) => slot)).toEqual([B]);
  });
});

describe('Scheduler: restart with two attempts of a trial', () => {
  it('orphans each by itself; the trial waits when the last one is lost', () => {
    const driver = new LabDriver();
    driver.open(2, restored());
    expect(driver.trial(0).live.map(({ state }) => state)).toEqual(['orphaned', 'orphaned']);
    driver.join('na', 1, { slot: { running: '1.1' } });
    driver.hello(A, { holding: [id(0)] });
    expect(driver.trial(0).live.map(({ state }) => state)).toEqual(['open', 'orphaned']);
    driver.passPulsing(31_000, ['na']);
    expect(driver.trial(0).live).toMatchObject([{ id: id(0), state: 'open' }]);
    driver.send({ type: 'nodeLeft', node: 'na', reason: 'shutdown' });
    expect(driver.trial(0).state).toBe('waiting');
  });
});

/** A lab file of a coordinator that was killed while trial 0 ran on both nodes. */
function restored() {
  const driver = two({ trials: 1 });
  const spec = driver.study().spec;
  const attempt = { incarnation: '1.1', outcome: null };
  const trial = {
    number: 0,
    state: 'running' as const,
    params: Float64Array.of(1),
    origin: { operator: 'model', parents: [], generation: 0 },
    historyLength: 0,
    end: null,
    attemptNumber: 2,
    crashes: 0,
    deaths: 0,
    memoryFailures: 0,
    laneCap: 0,
    reports: [],
    unsettled: [
      { ...attempt, attemptNumber: 1, slot: A, cohort: '1.1' },
      { ...attempt, attemptNumber: 2, slot: B, cohort: '1.2' },
    ],
  };
  const study = {
    uid: STUDY,
    spec,
    state: 'running' as const,
    reason: null,
    limits: { trials: 1, activeMs: null, target: null },
    limit: 1,
    activeMs: 0,
    note: '',
    deleted: false,
    removing: false,
    executor: null,
    audits: [],
    head: null,
    trials: [trial],
  };
  return { uid: 'lab', studies: [study] };
}
