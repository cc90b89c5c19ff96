import { describe, expect, it } from 'vitest';
import { cohort, hello, result, study } from '../../support/worker-message-examples.ts';
import { RelayWorld, SLOT, SLOTS } from '../../support/relay-world.ts';

const cohortOf = (session: string, taskSeq: number): typeof cohort => ({
  ...cohort,
  session,
  taskSeq,
});

describe('Relay: workers of a node', () => {
  it('passes a welcome on with its own endpoints, and tasks to the channel of their session', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.relay.task(SLOT, cohortOf('3.1', 1));
    expect(world.workers.control).toMatchObject([
      {
        to: `${SLOT}#3.1`,
        message: {
          type: 'welcome',
          tasksEndpoint: 'node:tasks:3.1',
          resultsEndpoint: 'node:results',
        },
      },
    ]);
    expect(world.workers.tasks).toMatchObject([{ session: '3.1', message: { taskSeq: 1 } }]);
    expect(world.relay.slots[0]).toMatchObject({ running: '3.1', session: '3.1', taskSeq: 1 });
  });

  it('keeps a task that arrives before the welcome of its session', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.relay.task(SLOT, cohortOf('3.2', 1));
    await world.welcome(SLOT, '3.1', '3.2');
    expect(world.workers.tasks).toMatchObject([{ session: '3.2' }]);
    expect([...world.workers.open]).toEqual(['3.2']);
    expect(world.relay.slots[0]).toMatchObject({ session: '3.2', taskSeq: 1 });
  });

  it('drops a task of a session that a newer one has replaced', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.10');
    world.relay.task(SLOT, cohortOf('3.9', 4));
    expect(world.workers.tasks).toEqual([]);
    expect(world.relay.slots[0]).toMatchObject({ session: '3.10', taskSeq: 0 });
  });

  it('delivers messages behind a welcome after it', async () => {
    const world = new RelayWorld();
    world.relay.spawn(SLOT, '3.1', 0);
    const { attempt } = result;
    const welcomed = world.welcome(SLOT, '3.1', '3.1');
    const cancel = { type: 'cancel', session: '3.1', attempt, reason: 'revoked' } as const;
    world.relay.control({ slot: SLOT, incarnation: '3.1' }, cancel);
    await welcomed;
    expect(world.workers.control.map(({ message }) => message.type)).toEqual(['welcome', 'cancel']);
  });

  it('has files deleted by the node itself, because workers end with the lab of the host', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    const discard = { type: 'discard', study: 'uid', trial: 3, keep: null } as const;
    world.relay.control({ slot: SLOT, incarnation: '3.1' }, discard);
    world.relay.end();
    expect(world.discarded).toEqual([discard]);
    expect(world.workers.control.map(({ message }) => message.type)).toEqual(['welcome']);
  });

  it('ends a worker after three invalid messages within a minute', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    const peer = { slot: SLOT, incarnation: '3.1' };
    for (const afterMs of [0, 61_000, 1_000]) {
      world.timer.advance(afterMs);
      world.workers.malformed({ peer, error: 'not JSON' });
    }
    expect(world.processes).toEqual([`spawn ${SLOT}#3.1`]);
    world.workers.malformed({ peer, error: 'not JSON' });
    expect(world.processes).toEqual([`spawn ${SLOT}#3.1`, `kill ${SLOT}#3.1`]);
  });
});

describe('Relay: beats', () => {
  it('answers a beat that says nothing new, and passes one on every two seconds', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    for (let n = 1; n <= 9; n++) {
      world.beat(SLOT, '3.1', '3.1', { n });
      world.timer.advance(500);
    }
    const passed = world.host.passed.flatMap((each) => (each.type === 'beat' ? [each.n] : []));
    const heard = world.workers.control.flatMap(({ message }) =>
      message.type === 'heard' ? [message.n] : [],
    );
    expect(passed).toEqual([1, 5, 9]);
    expect(heard).toEqual([2, 3, 4, 6, 7, 8]);
  });

  it('passes on a beat whose tasks, holding, progress or announced silence changed', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    const { attempt } = result;
    const held = { taskSeq: 1, holding: [attempt] };
    const progress = [{ attempt, step: 1, steps: 9 }];
    world.beat(SLOT, '3.1', '3.1');
    world.beat(SLOT, '3.1', '3.1', { taskSeq: 1 });
    world.beat(SLOT, '3.1', '3.1', held);
    world.beat(SLOT, '3.1', '3.1', { ...held, progress });
    world.beat(SLOT, '3.1', '3.1', { ...held, progress, quietMs: 5_000 });
    expect(world.host.passed.filter(({ type }) => type === 'beat')).toHaveLength(5);
  });

  it('names a worker as silent after a second, but not during a silence that it announced', async () => {
    const world = new RelayWorld();
    await Promise.all([world.start(SLOT, '3.1', '3.1'), world.start(SLOTS[1], '3.1', '3.2')]);
    world.beat(SLOT, '3.1', '3.1');
    world.beat(SLOTS[1], '3.1', '3.2', { quietMs: 5_000 });
    world.timer.advance(999);
    expect(world.relay.silent).toEqual([]);
    world.timer.advance(1);
    expect(world.relay.silent).toEqual([SLOT]);
    world.timer.advance(4_000);
    expect(world.relay.silent).toEqual([...SLOTS]);
  });

  it('does not blame workers for a time in which the node itself did not run', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.beat(SLOT, '3.1', '3.1');
    world.timer.sleep(30_000);
    world.relay.stalled(29_500);
    expect(world.relay.silent).toEqual([]);
  });
});

describe('Relay: without a link', () => {
  it('keeps workers in their sessions and drops their results, which they repeat', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.host.isUp = false;
    world.beat(SLOT, '3.1', '3.1', { n: 1, taskSeq: 1 });
    world.workers.receive({ ...result, slot: SLOT, incarnation: '3.1', session: '3.1' });
    expect(world.workers.control.at(-1)?.message).toMatchObject({ type: 'heard', n: 1 });
    world.host.isUp = true;
    world.relay.welcomed([{ slot: SLOT, incarnation: '3.1' }]);
    world.beat(SLOT, '3.1', '3.1', { n: 2, taskSeq: 1 });
    expect(world.host.passed.at(-1)).toMatchObject({ type: 'beat', n: 2 });
    expect(world.processes).toEqual([`spawn ${SLOT}#3.1`]);
  });

  it('ends workers that a welcome does not list, starts missing ones and leaves others alone', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.relay.welcomed([{ slot: SLOTS[1], incarnation: '3.1' }]);
    world.relay.welcomed([{ slot: SLOTS[1], incarnation: '3.1' }]);
    expect(world.processes).toEqual([
      `spawn ${SLOT}#3.1`,
      `kill ${SLOT}#3.1`,
      `spawn ${SLOTS[1]}#3.1`,
      `kill ${SLOT}#3.1`,
    ]);
  });
});

describe('Relay: processes', () => {
  it('starts an incarnation once, and none that is older than one it has seen', () => {
    const world = new RelayWorld();
    world.relay.spawn(SLOT, '3.2', 0);
    world.relay.spawn(SLOT, '3.2', 0);
    world.exit(SLOT, '3.2');
    world.relay.spawn(SLOT, '3.2', 0);
    world.relay.spawn(SLOT, '3.1', 0);
    world.relay.spawn(SLOT, '4.1', 0);
    expect(world.processes).toEqual([`spawn ${SLOT}#3.2`, `spawn ${SLOT}#4.1`]);
  });

  it('repeats an exit every two seconds, and after a welcome, until the host has noted it', async () => {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    const reported = (): number => world.host.own.filter(({ type }) => type === 'exited').length;
    world.host.isUp = false;
    world.exit(SLOT, '3.1', { lastWords: `${'x'.repeat(9_000)}end` });
    world.host.isUp = true;
    world.relay.welcomed([]);
    expect(reported()).toBe(1);
    expect(world.host.own[0]).toMatchObject({
      signal: 'SIGKILL',
      lastWords: `${'x'.repeat(4_093)}end`,
    });
    world.timer.advance(1_999);
    world.relay.tick();
    expect(reported()).toBe(1);
    world.timer.advance(1);
    world.relay.tick();
    expect(reported()).toBe(2);
    world.relay.noted(SLOT, '3.1');
    world.timer.advance(9_000);
    world.relay.tick();
    expect(reported()).toBe(2);
    expect(world.relay.slots[0]).toMatchObject({ running: null, session: null });
    expect(world.workers.open.size).toBe(0);
  });
});

describe('Relay: held workers', () => {
  const helloOf = (high: number): typeof hello => ({
    ...hello,
    v: { low: 1, high },
    slot: SLOT,
    incarnation: '3.1',
  });
  const holds = (world: RelayWorld) =>
    world.workers.control.filter(({ message }) => message.type === 'hold');

  it('tells the running worker of the slot to wait, and to go on', () => {
    const world = new RelayWorld();
    world.relay.spawn(SLOT, '3.1', 0);
    world.relay.hold(SLOT, 10_000);
    expect(holds(world)).toEqual([]);
    world.workers.receive(helloOf(2));
    world.relay.hold(SLOT, 10_000);
    world.relay.hold(SLOT, 0);
    expect(holds(world)).toEqual([
      { to: `${SLOT}#3.1`, message: { type: 'hold', forMs: 10_000 } },
      { to: `${SLOT}#3.1`, message: { type: 'hold', forMs: 0 } },
    ]);
  });

  it('ends a worker of a release that cannot wait, and sends it nothing', () => {
    const world = new RelayWorld();
    world.relay.spawn(SLOT, '3.1', 0);
    world.workers.receive(helloOf(1));
    world.relay.hold(SLOT, 0);
    world.relay.hold(SLOT, 10_000);
    expect([holds(world), world.processes]).toEqual([
      [],
      [`spawn ${SLOT}#3.1`, `kill ${SLOT}#3.1`],
    ]);
  });

  it('ends a worker to free its memory, once it runs', () => {
    const world = new RelayWorld();
    world.relay.free(SLOT);
    world.relay.spawn(SLOT, '3.1', 0);
    world.relay.free(SLOT);
    expect(world.processes).toEqual([`spawn ${SLOT}#3.1`, `kill ${SLOT}#3.1`]);
  });
});

describe('Relay: trials of a node', () => {
  const attempts = [0, 1, 2].map((number) => ({ ...result.attempt, number }));
  const [first, second, third] = attempts as [Attempt, Attempt, Attempt];
  type Attempt = typeof result.attempt;

  /** Sends a worker two cohorts, the second ahead of time, and lets it accept both. */
  async function holding(kind = 'train', also: readonly Attempt[] = []): Promise<RelayWorld> {
    const world = new RelayWorld();
    await world.start(SLOT, '3.1', '3.1');
    world.relay.task(SLOT, { ...study, session: '3.1', study: first.study, objective: { kind } });
    const send = (taskSeq: number, ...sent: Attempt[]): void =>
      world.relay.task(SLOT, {
        ...cohortOf('3.1', taskSeq),
        cohort: `c${taskSeq}`,
        lanes: sent.map((attempt) => ({ attempt, params: Float64Array.of(0) })),
      });
    send(1, first, second);
    send(2, third);
    world.beat(SLOT, '3.1', '3.1', { taskSeq: 2, holding: [...attempts, ...also] });
    return world;
  }

  it('counts the cohort that was sent ahead as waiting', async () => {
    const world = await holding();
    expect(world.relay.trials).toEqual({ running: 2, waiting: 1, done: 0 });
    world.beat(SLOT, '3.1', '3.1', { taskSeq: 2, holding: [third] });
    expect(world.relay.trials).toEqual({ running: 1, waiting: 0, done: 0 });
  });

  it('counts a trial whose result the host has not acknowledged as neither', async () => {
    const world = await holding();
    for (const attempt of [first, second])
      world.workers.receive({ ...result, slot: SLOT, incarnation: '3.1', attempt });
    expect(world.relay.trials).toEqual({ running: 1, waiting: 0, done: 0 });
  });

  it('counts programs that report progress side by side as running', async () => {
    const world = await holding();
    const progress = [{ attempt: third, step: 1, steps: 9 }];
    world.beat(SLOT, '3.1', '3.1', { taskSeq: 2, holding: attempts, progress });
    expect(world.relay.trials).toEqual({ running: 3, waiting: 0, done: 0 });
  });

  it('counts all programs of a study as running that run side by side without progress', async () => {
    const world = await holding('command');
    expect(world.relay.trials).toEqual({ running: 3, waiting: 0, done: 0 });
  });

  it('counts a trial of another study behind programs that run side by side as waiting', async () => {
    const world = await holding('command', [{ ...third, study: 'another' }]);
    expect(world.relay.trials).toEqual({ running: 3, waiting: 1, done: 0 });
  });
});
