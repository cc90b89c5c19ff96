import { describe, expect, it } from 'vitest';
import { doorLimits } from '../../../src/transport/door/limits.ts';
import { Passage } from '../../../src/transport/door/passage.ts';
import { sentBytes } from '../../../src/transport/door/unread.ts';
import { frame, greeting } from '../../support/zmtp.ts';

/** Bytes that a socket of libzmq answers: greeting and welcome, then a refusal or an admission. */
const ASKED = 64 + 170;
const REFUSED = ASKED + 12;
const ADMITTED = ASKED + 52;

function passage() {
  let ms = 0;
  let passed = 0;
  const made = new Passage(
    doorLimits,
    () => ms,
    () => (passed += 1),
  );
  return { made, passed: () => passed, advance: (by: number) => (ms += by) };
}

const bytes = (count: number) => ({ bytes: count, frames: 0 });

describe('Door: unread bytes of a connection', () => {
  it('tells an admission from a refusal by the bytes of the answer', () => {
    const refused = passage();
    for (const bytes of [64, 170]) refused.made.answered(bytes);
    expect(refused.made.isRefused).toBe(false);
    refused.made.answered(REFUSED - ASKED);
    expect(refused.made.isRefused).toBe(true);
    expect(refused.passed()).toBe(0);

    const admitted = passage();
    admitted.made.answered(ADMITTED);
    admitted.made.answered(5_000);
    expect(admitted.made.isRefused).toBe(false);
    expect(admitted.passed()).toBe(1);
  });

  it('limits what is sent before the handshake has passed', () => {
    const { made } = passage();
    expect(made.received(Buffer.alloc(doorLimits.handshakeBytes))).toBe(true);
    expect(made.received(Buffer.alloc(1))).toBe(false);
  });

  it('counts what was sent after the handshake and not taken', () => {
    const { made } = passage();
    made.received(Buffer.alloc(500));
    made.answered(ADMITTED);
    expect(made.unread.bytes).toBe(0);
    made.received(Buffer.alloc(10_000));
    expect(made.taken(bytes(4_000)).bytes).toBe(0);
    expect(made.unread.bytes).toBe(6_000);
  });

  it('gives no credit for more bytes than were sent', () => {
    const { made } = passage();
    made.answered(ADMITTED);
    made.received(Buffer.alloc(1_000));
    expect(made.taken(bytes(1_500)).bytes).toBe(500);
    made.received(Buffer.alloc(1_000));
    expect(made.unread.bytes).toBe(1_000);
  });

  it('does not count the overhead of encryption as unread', () => {
    const { made } = passage();
    made.answered(ADMITTED);
    const overhead = 33 + 9;
    for (let i = 0; i < 100_000; i++) {
      made.received(Buffer.alloc(2 * overhead + 300));
      made.taken(bytes(sentBytes(300, 2)));
    }
    expect(made.unread.bytes).toBe(0);
  });

  it('does not count heartbeats as unread, however long the connection is idle', () => {
    const { made, advance } = passage();
    const heartbeats = Buffer.concat([frame(Buffer.alloc(40)), frame(Buffer.alloc(38))]);
    made.received(greeting('CURVE'));
    made.answered(ADMITTED);
    for (let second = 0; second < 100_000; second++) {
      advance(1_000);
      made.received(heartbeats);
    }
    expect(made.unread.bytes).toBeLessThan(100);
    expect(made.unread.frames).toBeLessThan(5);
  });
});
