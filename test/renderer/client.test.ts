/**
 * Tests that the client of the window applies only consistent messages and recovers from gaps and
 * lost connections.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Client, onWake } from '../../src/renderer/client.ts';
import { EndpointFailure } from '../../src/renderer/failure.ts';
import { FakeBridge } from '../support/fake-bridge.ts';

type Heard = [body: unknown, snapshot: boolean];

function follow(): {
  bridge: FakeBridge;
  client: Client;
  heard: Heard[];
  failures: string[];
  frames: (() => void)[];
  end: () => void;
} {
  const bridge = new FakeBridge();
  const frames: (() => void)[] = [];
  const client = new Client(bridge, (apply) => frames.push(apply));
  const heard: Heard[] = [];
  const failures: string[] = [];
  const end = client.subscribe(
    'lab',
    {},
    {
      on: (body, snapshot) => heard.push([body, snapshot]),
      failed: ({ code }) => failures.push(code),
    },
  );
  return { bridge, client, heard, failures, frames, end };
}

function paint(frames: (() => void)[]): void {
  for (const frame of frames.splice(0)) frame();
}

describe('Client: calls', () => {
  test('returns the value of an answer', async () => {
    const client = new Client(new FakeBridge({ datasets: () => [] }), (apply) => apply());
    await expect(client.query('datasets', {})).resolves.toEqual([]);
  });

  test('throws a refusal with its code and its facts', async () => {
    const client = new Client(new FakeBridge(), (apply) => apply());
    const failure = await client.query('datasets', {}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EndpointFailure);
    expect(failure).toMatchObject({ code: 'unknown-endpoint', data: { name: 'datasets' } });
  });
});

describe('Client: a host that refuses the stream', () => {
  test('subscribes again once the host accepts its new link', async () => {
    const { bridge, client } = follow();
    bridge.open();
    bridge.asked();
    bridge.lose();
    bridge.refuse();
    expect(await client.admit('wrong')).toBe(false);
    expect(bridge.asked()).toEqual([]);
    expect(await client.admit('right')).toBe(true);
    bridge.open();
    expect(bridge.asked()).toEqual([{ op: 'subscribe', id: 0, name: 'lab', input: {} }]);
    expect(bridge.links).toEqual(['wrong', 'right']);
  });
});

describe('Client: subscriptions', () => {
  test('subscribes once the stream is open, not before', () => {
    const { bridge } = follow();
    expect(bridge.asked()).toEqual([]);
    bridge.open();
    expect(bridge.asked()).toEqual([{ op: 'subscribe', id: 0, name: 'lab', input: {} }]);
  });

  test('applies a message with the next frame and acknowledges it afterwards', () => {
    const { bridge, heard, frames } = follow();
    bridge.open();
    bridge.asked();
    bridge.message(0, 1, true, { datasets: ['a'] });
    expect(heard).toEqual([]);
    expect(bridge.asked()).toEqual([]);
    paint(frames);
    expect(heard).toEqual([[{ datasets: ['a'] }, true]]);
    expect(bridge.asked()).toEqual([{ op: 'took', id: 0, seq: 1 }]);
  });

  test('applies all messages of a frame together', () => {
    const { bridge, client, heard, frames } = follow();
    client.subscribe('telemetry', {}, { on: (body, snapshot) => heard.push([body, snapshot]) });
    bridge.open();
    bridge.message(0, 1, true, 'lab');
    bridge.message(1, 1, true, 'telemetry');
    expect(frames).toHaveLength(1);
    paint(frames);
    expect(heard.map(([body]) => body)).toEqual(['lab', 'telemetry']);
  });

  test('requests a snapshot after a gap and ignores deltas until it arrives', () => {
    const { bridge, heard, frames } = follow();
    bridge.open();
    bridge.message(0, 1, true, 'all');
    paint(frames);
    bridge.asked();
    bridge.message(0, 3, false, 'after a gap');
    bridge.message(0, 4, false, 'later');
    paint(frames);
    expect(heard.map(([body]) => body)).toEqual(['all']);
    expect(bridge.asked()).toEqual([{ op: 'again', id: 0 }]);
    bridge.message(0, 9, true, 'all again');
    bridge.message(0, 10, false, 'and more');
    paint(frames);
    expect(heard.map(([body]) => body)).toEqual(['all', 'all again', 'and more']);
  });

  test('subscribes again after a lost connection and ignores older messages', () => {
    const { bridge, heard, frames } = follow();
    bridge.open();
    bridge.message(0, 1, true, 'all');
    paint(frames);
    bridge.message(0, 2, false, 'under way');
    bridge.lose();
    paint(frames);
    bridge.asked();
    bridge.open();
    expect(bridge.asked()).toEqual([{ op: 'subscribe', id: 0, name: 'lab', input: {} }]);
    bridge.message(0, 2, false, 'of the old connection');
    paint(frames);
    expect(heard.map(([body]) => body)).toEqual(['all']);
  });

  test('does not subscribe again when the subscription ended during a lost connection', () => {
    const { bridge, end } = follow();
    bridge.open();
    bridge.lose();
    end();
    bridge.asked();
    bridge.open();
    expect(bridge.asked()).toEqual([]);
  });

  test('delivers no message after the subscription ended', () => {
    const { bridge, heard, frames, end } = follow();
    bridge.open();
    bridge.message(0, 1, true, 'all');
    end();
    paint(frames);
    expect(heard).toEqual([]);
    expect(bridge.asked().at(-1)).toEqual({ op: 'unsubscribe', id: 0 });
  });

  test('ends a refused subscription with the reason', () => {
    const { bridge, failures, frames, heard } = follow();
    bridge.open();
    bridge.fail(0, 'not-ready');
    bridge.message(0, 1, true, 'too late');
    paint(frames);
    expect(failures).toEqual(['not-ready']);
    expect(heard).toEqual([]);
  });
});

describe('Client: sleep', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('requests snapshots after a jump of the clock, but not after the delays of a hidden window', () => {
    const { bridge, client } = follow();
    bridge.open();
    bridge.asked();
    let at = 0;
    const end = onWake(
      () => client.refresh(),
      () => at,
    );
    at += 60_000;
    vi.advanceTimersByTime(10_000);
    expect(bridge.asked()).toEqual([]);
    at += 600_000;
    vi.advanceTimersByTime(10_000);
    expect(bridge.asked()).toEqual([{ op: 'again', id: 0 }]);
    end();
  });
});
