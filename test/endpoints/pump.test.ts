import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeedPump } from '../../src/endpoints/feeds/pump.ts';
import type { StreamAnswer } from '../../src/protocol/endpoint.ts';
import { subscriptions } from '../../src/protocol/endpoints.ts';
import { CountingFeed, endpointsOf } from '../support/endpoint-doubles.ts';

const FRAME = 16;

describe('Pump of subscriptions', () => {
  let feed: CountingFeed;
  let sent: StreamAnswer[];
  let pump: FeedPump<typeof subscriptions>;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    const endpoints = endpointsOf({}, (_, changed) => (feed = new CountingFeed(changed)));
    const context = { host: 'server', signal: new AbortController().signal } as const;
    pump = new FeedPump(
      subscriptions,
      endpoints.subscriptions,
      (answer) => sent.push(answer),
      context,
    );
    pump.receive({ op: 'subscribe', id: 1, name: 'lab', input: {} });
  });
  afterEach(() => {
    pump.close();
    vi.useRealTimers();
  });
  const take = (seq: number): void => pump.receive({ op: 'took', id: 1, seq });

  it('sends a snapshot at once', () => {
    expect(sent).toEqual([
      { op: 'message', id: 1, seq: 1, snapshot: true, body: { datasets: ['0'] } },
    ]);
  });

  it('sends the changes within a frame as one message', () => {
    take(1);
    for (let i = 0; i < 1000; i++) feed.change();
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(FRAME);
    expect(sent.slice(1)).toEqual([
      { op: 'message', id: 1, seq: 2, snapshot: false, body: { datasets: ['1000'] } },
    ]);
  });

  it('sends nothing to a client that has not acknowledged the last message, and then the latest state', () => {
    for (let i = 0; i < 100; i++) {
      feed.change();
      vi.advanceTimersByTime(FRAME);
    }
    expect(sent).toHaveLength(1);
    take(1);
    vi.advanceTimersByTime(FRAME);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toMatchObject({ body: { datasets: ['100'] } });
  });

  it('ignores an acknowledgement of an earlier message', () => {
    feed.change();
    take(7);
    vi.advanceTimersByTime(FRAME);
    expect(sent).toHaveLength(1);
  });

  it('starts again with a snapshot on request, whatever was not acknowledged', () => {
    pump.receive({ op: 'again', id: 1 });
    vi.advanceTimersByTime(FRAME);
    expect(sent[1]).toMatchObject({ snapshot: true });
  });

  it('closes the feed of a subscription that ends, and all feeds when the client disconnects', () => {
    const first = feed;
    pump.receive({ op: 'unsubscribe', id: 1 });
    expect(first.closed).toBe(true);
    pump.receive({ op: 'subscribe', id: 2, name: 'lab', input: {} });
    pump.close();
    expect(feed.closed).toBe(true);
  });

  it('answers an invalid subscription with the reason, and continues', () => {
    pump.receive({ op: 'subscribe', id: 1, name: 'lab', input: {} });
    pump.receive({ op: 'subscribe', id: 3, name: 'toString', input: {} });
    pump.receive({ op: 'subscribe', id: 4, name: 'study', input: { study: 7 } });
    pump.receive({ op: 'subscribe', id: 5, name: 'study', input: { study: 'x' } });
    expect(sent.slice(1)).toMatchObject([
      { op: 'failed', id: 1, error: { code: 'bad-request' } },
      { op: 'failed', id: 3, error: { code: 'unknown-endpoint' } },
      {
        op: 'failed',
        id: 4,
        error: { code: 'invalid-input', data: { problems: [{ path: 'study' }] } },
      },
      { op: 'failed', id: 5, error: { code: 'internal' } },
    ]);
  });
});
