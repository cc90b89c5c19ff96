import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../src/core/scheduling/index.ts';
import { SessionWorld, attempt, done, turn, welcomed } from '../support/session-world.ts';

describe('Worker session: hello', () => {
  it('is sent at once, and the same again each 2,000 ms until it is answered', () => {
    const world = new SessionWorld();
    world.pass(4500, false);
    expect(world.hellos.map(({ helloNo }) => helloNo)).toStrictEqual([1, 1, 1]);
    expect(world.beats).toHaveLength(0);
  });

  it('is sent with a higher number after 2,000 ms of silence, while computing continues', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    world.pass(2000, false);
    expect(world.hellos.map(({ helloNo }) => helloNo)).toStrictEqual([1, 2]);
    expect(world.hellos.at(-1)?.holding).toStrictEqual([attempt(0)]);
    expect(world.running[0]?.lanes[0]?.signal.aborted).toBe(false);
    await world.end(done);
    expect(world.sent(0)).toStrictEqual([done]);
  });

  it('is not sent for a silence during which the process itself stood still', async () => {
    const world = await welcomed();
    world.pass(500);
    world.now += 60_000;
    world.session.tick(1e8);
    expect(world.hellos).toHaveLength(1);
    world.pass(2500, false);
    expect(world.hellos).toHaveLength(2);
  });

  it('is not sent while beats are answered', async () => {
    const world = await welcomed();
    world.pass(60_000);
    expect(world.hellos).toHaveLength(1);
    expect(world.beats.map(({ n }) => n)).toStrictEqual(
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
  });
});

describe('Worker session: welcome', () => {
  it('has no effect when it is repeated', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0, 1]);
    await turn();
    world.welcome('1.1');
    expect(world.joined).toHaveLength(1);
    expect(world.running[0]?.lanes.map(({ signal }) => signal.aborted)).toStrictEqual([
      false,
      false,
    ]);
    world.pass(500);
    expect(world.beats.at(-1)?.holding).toHaveLength(2);
  });

  it('is ignored when it answers an earlier hello', async () => {
    const world = await welcomed();
    world.pass(2000, false);
    world.welcome('1.9', { helloNo: 1 });
    expect(world.joined).toHaveLength(1);
    world.welcome('1.2', { helloNo: 2 });
    expect(world.joined.at(-1)?.[0]).toBe('tasks 1.2');
  });

  it('drops every attempt that it does not keep: waiting, running and finished', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    await world.end(done);
    world.cohort('1.1', [1]);
    await turn();
    world.cohort('1.1', [2]);
    world.pass(2000, false);
    expect(world.hellos.at(-1)?.holding).toStrictEqual([attempt(0), attempt(1), attempt(2)]);
    const before = world.results.length;
    world.welcome('1.2');
    expect(world.running[1]?.lanes[0]?.signal.aborted).toBe(true);
    await world.end({ outcome: 'cancelled', ms: 1 });
    world.pass(4000);
    expect(world.results).toHaveLength(before);
    expect(world.running).toHaveLength(2);
    expect(world.beats.at(-1)?.holding).toStrictEqual([]);
  });

  it('continues kept attempts, and sends finished ones again at once', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    await world.end(done);
    world.cohort('1.1', [1]);
    await turn();
    world.pass(2000, false);
    world.results.length = 0;
    world.welcome('1.2', { keep: [attempt(0), attempt(1)] });
    expect(world.results).toMatchObject([{ session: '1.2', attempt: attempt(0) }]);
    expect(world.running[1]?.lanes[0]?.signal.aborted).toBe(false);
    await world.end(done);
    expect(world.sent(1)).toStrictEqual([done]);
  });

  it('of an unsupported version ends the process with both versions', () => {
    const world = new SessionWorld();
    world.welcome('1.1', { v: 9 });
    expect(world.exited).toMatchObject({
      code: 1,
      text: expect.stringMatching(/version 9.*speaks 1 to 4/) as string,
    });
  });
});

describe('Worker session: result', () => {
  it.each(['ack', 'refused'] as const)('is sent each 2,000 ms until %s', async (type) => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    await world.end(done);
    expect(world.sent(0)).toHaveLength(1);
    world.pass(4500);
    expect(world.sent(0)).toHaveLength(3);
    world.session.control(
      type === 'ack'
        ? { type, attempt: attempt(0) }
        : { type, attempt: attempt(0), reason: 'staleLease' },
    );
    world.pass(6000);
    expect(world.sent(0)).toHaveLength(3);
    expect(world.beats.at(-1)?.holding).toStrictEqual([]);
  });

  it('that is found without a session waits for the next one', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    await turn();
    world.session.control({ type: 'goodbye', session: '1.1', reason: 'staleSession' });
    await world.end(done);
    expect(world.results).toHaveLength(0);
    world.pass(500);
    world.welcome('1.2', { keep: [attempt(0)] });
    expect(world.sent(0)).toStrictEqual([done]);
  });
});

describe('Worker session: task', () => {
  it('of another session is ignored', async () => {
    const world = await welcomed();
    world.cohort('1.0', [0]);
    await turn();
    expect(world.running).toHaveLength(0);
  });

  it('is not run twice', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0]);
    world.cohort('1.1', [0]);
    await turn();
    await world.end(done);
    world.cohort('1.1', [0]);
    await turn();
    expect(world.running).toHaveLength(1);
  });

  it('that is sent again after its result was acknowledged is not run again', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0], { taskSeq: 1 });
    await turn();
    await world.end(done);
    world.session.control({ type: 'ack', attempt: attempt(0) });
    world.cohort('1.1', [0], { taskSeq: 1 });
    await turn();
    expect(world.running).toHaveLength(1);
  });

  it('runs after earlier ones, never at the same time', async () => {
    const world = await welcomed();
    world.cohort('1.1', [3]);
    world.cohort('1.1', [1]);
    world.cohort('1.1', [2]);
    await turn();
    for (const number of [3, 1, 2]) {
      expect(world.running.at(-1)?.lanes.map((lane) => lane.attempt.number)).toStrictEqual([
        number,
      ]);
      await world.end(done);
    }
    expect(world.running).toHaveLength(3);
  });

  it('passes its parameters by name', async () => {
    const world = await welcomed();
    world.cohort('1.1', [4], {
      lanes: [{ attempt: attempt(4), params: Float64Array.of(0.25, 1) }],
    });
    await turn();
    expect(world.running[0]?.lanes[0]?.params).toStrictEqual({
      learningRate: 0.25,
      activation: 'tanh',
    });
  });

  it('of an unknown study is not counted as received, so that the coordinator notices it is missing', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0], { study: 'other' });
    world.pass(500);
    expect(world.warnings).toHaveLength(1);
    expect(world.beats.at(-1)).toMatchObject({ taskSeq: 0, holding: [] });
  });

  it('that exceeds its time limit ends as timed out', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0], { deadlineMs: 1 });
    await turn();
    const signal = world.running[0]?.lanes[0]?.signal;
    // The deadline may have passed within that turn.
    if (signal?.aborted === false)
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal?.reason).toBe('timedOut');
  });
});

describe('Worker session: lanes of one cohort', () => {
  it('are answered one by one, as each ends, and once', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0, 1]);
    await turn();
    const diverged: AttemptResult = { outcome: 'diverged', ms: 1 };
    world.running[0]?.listener.ended(1, diverged);
    expect([world.sent(0), world.sent(1)]).toStrictEqual([[], [diverged]]);
    await world.end(done, diverged);
    expect([world.sent(0), world.sent(1)]).toStrictEqual([[done], [diverged]]);
  });

  it('send reports while they run, and nothing after their end or a cancel that dropped them', async () => {
    const world = await welcomed();
    world.cohort('1.1', [0, 1]);
    await turn();
    const report = { step: 0, value: 0.5 };
    const { listener } = world.running[0]!;
    listener.report(0, report);
    listener.ended(0, done);
    listener.report(0, report);
    world.pass(2000, false);
    world.welcome('1.2');
    listener.report(1, report);
    expect(world.results.filter(({ type }) => type === 'report')).toStrictEqual([
      {
        type: 'report',
        session: '1.1',
        slot: 'local/cpu/0',
        incarnation: '1.1',
        attempt: attempt(0),
        report,
      },
    ]);
  });
});

describe('Worker session: files of programs', () => {
  it('sends output to a coordinator that takes it, and to no other', async () => {
    const world = await welcomed();
    expect(world.session.sendOutput(attempt(0), 3, Buffer.from('é'))).toBe(false);
    world.pass(2000, false);
    world.welcome('1.2', { v: 4 });
    expect(world.session.sendOutput(attempt(0), 3, Buffer.from('é'))).toBe(true);
    expect(world.results.filter(({ type }) => type === 'output')).toMatchObject([
      { session: '1.2', attempt: attempt(0), from: 3, bytes: 'w6k=' },
    ]);
  });
});

it('Worker session: halting ends running attempts for its own reason and starts no more', async () => {
  const world = await welcomed();
  world.cohort('1.1', [0]);
  world.cohort('1.1', [1]);
  await turn();
  const halted = world.session.halt('outOfMemory');
  expect(world.running[0]?.lanes[0]?.signal.reason).toBe('outOfMemory');
  await world.end({ outcome: 'outOfMemory', ms: 1 });
  await halted;
  expect(world.sent(0)).toMatchObject([{ outcome: 'outOfMemory' }]);
  expect(world.running).toHaveLength(1);
});

describe('Worker session: long calls', () => {
  it('are announced by a beat of their own, and made when it is answered', async () => {
    const world = await welcomed();
    let made = false;
    const announced = world.session.announce(60_000).then((end) => {
      made = true;
      return end;
    });
    expect(world.beats.at(-1)).toMatchObject({ n: 1, quietMs: 60_000 });
    world.session.control({ type: 'heard', session: 'another', n: 1 });
    await turn();
    expect(made).toBe(false);
    world.session.control({ type: 'heard', session: '1.1', n: 1 });
    const end = await announced;
    world.pass(500);
    expect(world.beats.at(-1)).toMatchObject({ n: 2, quietMs: 60_000 });
    end();
    world.pass(500);
    expect(world.beats.at(-1)).not.toHaveProperty('quietMs');
  });

  it('are made after two seconds without an answer, and at once without a session', async () => {
    const world = await welcomed();
    const announced = world.session.announce(60_000);
    world.pass(2000, false);
    await announced;
    const alone = new SessionWorld();
    await alone.session.announce(60_000);
    expect(alone.beats).toHaveLength(0);
  });

  it('that overlap are announced with the longest, until the last has ended', async () => {
    const world = await welcomed();
    const both = [world.session.announce(1000), world.session.announce(9000)];
    world.session.control({ type: 'heard', session: '1.1', n: 2 });
    const [short, long] = await Promise.all(both);
    short!();
    world.pass(500);
    expect(world.beats.at(-1)).toMatchObject({ quietMs: 9000 });
    long!();
    world.pass(500);
    expect(world.beats.at(-1)).not.toHaveProperty('quietMs');
  });
});
