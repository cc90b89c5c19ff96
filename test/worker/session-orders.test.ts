import { describe, expect, it } from 'vitest';
import { SessionWorld, attempt, done, turn, welcomed } from '../support/session-world.ts';

describe('a cancel', () => {
  it('that comes before its task is remembered, and the task answered at once', async () => {
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

  it('is remembered until the next welcome only', async () => {
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

  it('of a waiting attempt is answered at once, and it never runs', async () => {
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

  it('of a running attempt aborts its lane alone', async () => {
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

  it('of a finished attempt changes nothing: the result stands', async () => {
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

  it('of another session is ignored', async () => {
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

describe('a goodbye', () => {
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
    'with reason %s makes it say hello anew, and nothing is dropped',
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

  it('to another session than its own is ignored', async () => {
    const world = await welcomed();
    world.session.control({ type: 'goodbye', session: '1.0', reason: 'drained' });
    expect(world.exited).toBeNull();
    expect(world.hellos).toHaveLength(1);
  });

  it('to every hello does not make a storm', () => {
    const world = new SessionWorld();
    for (let i = 0; i < 1000; i++)
      world.session.control({ type: 'goodbye', session: null, reason: 'staleSession' });
    world.pass(1000, false);
    expect(world.hellos.length).toBeLessThan(5);
  });
});
