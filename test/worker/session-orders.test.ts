import { describe, expect, it } from 'vitest';
import { SessionWorld, attempt, done, turn, welcomed } from '../support/session-world.ts';

describe('Worker session: cancel', () => {
  it('stops a running attempt as pruned when a pruner is the reason', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    const cancel = {
      type: 'cancel',
      session: '1.1',
      attempt: attempt(0),
      reason: 'pruned',
    } as const;
    world.session.control(cancel);
    expect(world.running[0]?.lanes[0]?.signal.reason).toBe('pruned');
  });

  it('remembers one that arrives before its task, and answers the task at once', async () => {
    const world = await welcomed();
    world.session.control({
      type: 'cancel',
      session: '1.1',
      attempt: attempt(0),
      reason: 'trialEnded',
    });
    world.cohort('1.1', [0]);
    await turn();
    expect(world.sent(0)).toStrictEqual([{ outcome: 'cancelled', ms: 0 }]);
    expect(world.running).toHaveLength(0);
  });

  it('remembers it only until the next welcome', async () => {
    const world = await welcomed();
    world.session.control({
      type: 'cancel',
      session: '1.1',
      attempt: attempt(0),
      reason: 'trialEnded',
    });
    world.session.control({ type: 'goodbye', session: '1.1', reason: 'staleSession' });
    world.pass(500);
    world.welcome('1.2');
    world.cohort('1.2', [0]);
    await turn();
    expect(world.running).toHaveLength(1);
  });

  it('answers one of a waiting attempt at once, and never runs the attempt', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    world.cohort('1.1', [1]);
    await turn();
    world.session.control({
      type: 'cancel',
      session: '1.1',
      attempt: attempt(1),
      reason: 'paused',
    });
    expect(world.sent(1)).toStrictEqual([{ outcome: 'cancelled', ms: 0 }]);
    await world.end(done);
    expect(world.running).toHaveLength(1);
  });

  it('aborts only the lane of a running attempt', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0, 1]);
    await turn();
    world.session.control({
      type: 'cancel',
      session: '1.1',
      attempt: attempt(1),
      reason: 'paused',
    });
    expect(world.running[0]?.lanes.map(({ signal }) => signal.aborted)).toStrictEqual([
      false,
      true,
    ]);
  });

  it('changes nothing for a finished attempt: the result is valid', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    await world.end(done);
    world.session.control({
      type: 'cancel',
      session: '1.1',
      attempt: attempt(0),
      reason: 'paused',
    });
    world.pass(2000);
    expect(world.sent(0)).toStrictEqual([done, done]);
  });

  it('ignores one of another session', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    world.session.control({
      type: 'cancel',
      session: '1.0',
      attempt: attempt(0),
      reason: 'paused',
    });
    expect(world.running[0]?.lanes[0]?.signal.aborted).toBe(false);
  });
});

describe('Worker session: goodbye', () => {
  it.each(['drained', 'replaced', 'shutdown'])(
    'with reason %s ends the process',
    async (reason) => {
      const world = await welcomed();
      world.session.control({ type: 'goodbye', session: '1.1', reason });
      expect(world.exited).toStrictEqual({ code: 0, text: null });
    },
  );

  it('with reason version ends the process with its text', () => {
    const world = new SessionWorld();
    world.session.control({
      type: 'goodbye',
      session: null,
      reason: 'version',
      text: 'both versions',
    });
    expect(world.exited).toStrictEqual({ code: 1, text: 'both versions' });
  });

  it.each(['staleSession', 'anything else'])(
    'with reason %s makes it send hello again, and drops nothing',
    async (reason) => {
      const world = await welcomed();
      world.cohort('1.1', [0]);
      await turn();
      world.pass(500);
      world.session.control({ type: 'goodbye', session: '1.1', reason });
      expect(world.hellos.at(-1)).toMatchObject({ helloNo: 2, holding: [attempt(0)] });
      world.cohort('1.1', [1]);
      expect(world.running).toHaveLength(1);
    },
  );

  it('to another session is ignored', async () => {
    const world = await welcomed();
    world.session.control({ type: 'goodbye', session: '1.0', reason: 'drained' });
    expect(world.exited).toBeNull();
    expect(world.hellos).toHaveLength(1);
  });

  it('in answer to every hello does not cause a storm', () => {
    const world = new SessionWorld();
    for (let i = 0; i < 1000; i++)
      world.session.control({ type: 'goodbye', session: null, reason: 'staleSession' });
    world.pass(1000, false);
    expect(world.hellos.length).toBeLessThan(5);
  });
});
