import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attempt, done, welcomed } from '../support/session-world.ts';

/** Lets promises run under faked timers. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Worker session: hold', () => {
  it('starts no cohort while it is held, and the waiting one when it goes on', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 10_000 });
    world.cohort('1.1', [0]);
    await settle();
    expect(world.running).toHaveLength(0);
    world.session.control({ type: 'hold', forMs: 0 });
    await settle();
    expect(world.running).toHaveLength(1);
  });

  it('beats and names its attempts while it is held', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 10_000 });
    world.cohort('1.1', [0]);
    await settle();
    const before = world.beats.length;
    world.pass(5_000);
    expect(world.beats).toHaveLength(before + 10);
    expect(world.beats.at(-1)?.holding).toEqual([attempt(0)]);
  });

  it('obeys the cancel of a waiting attempt while it is held', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 10_000 });
    world.cohort('1.1', [0]);
    await settle();
    const reason = 'paused';
    world.session.control({ type: 'cancel', session: '1.1', attempt: attempt(0), reason });
    expect(world.sent(0)).toEqual([{ outcome: 'cancelled', ms: 0 }]);
    world.session.control({ type: 'hold', forMs: 0 });
    await settle();
    expect(world.running).toHaveLength(0);
  });

  it('stays held in a new session', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 10_000 });
    world.session.control({ type: 'goodbye', session: '1.1', reason: 'staleSession' });
    world.pass(500);
    world.welcome('1.2');
    world.cohort('1.2', [0]);
    await settle();
    expect(world.running).toHaveLength(0);
  });

  it('goes on by itself when the hold is not repeated within its time', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 3_000 });
    world.cohort('1.1', [0]);
    world.pass(2_500);
    world.session.control({ type: 'hold', forMs: 3_000 });
    world.pass(2_500);
    await settle();
    expect(world.running).toHaveLength(0);
    world.pass(500);
    await settle();
    expect(world.running).toHaveLength(1);
  });

  it('stays held after a time in which the whole process was stopped', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 3_000 });
    world.cohort('1.1', [0]);
    world.now += 60_000;
    world.pass(500);
    await settle();
    expect(world.running).toHaveLength(0);
  });

  it('ends waiting cohorts when the process ends for memory while it is held', async () => {
    const world = await welcomed();
    world.session.control({ type: 'hold', forMs: 10_000 });
    world.cohort('1.1', [0]);
    await settle();
    let halted = false;
    void world.session.halt('outOfMemory').then(() => (halted = true));
    await settle();
    expect([halted, world.running.length]).toEqual([true, 0]);
  });

  it('does not count the time for which it is held towards the time limit', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0], { deadlineMs: 1_000 });
    await settle();
    const aborted = (): boolean => world.running[0]?.lanes[0]?.signal.aborted === true;
    world.session.control({ type: 'hold', forMs: 600_000 });
    world.now += 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(aborted()).toBe(false);
    world.session.control({ type: 'hold', forMs: 0 });
    world.now += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(aborted()).toBe(true);
    await world.end(done);
  });
});
