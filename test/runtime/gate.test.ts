import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gate } from '../../src/runtime/gate.ts';

const NEVER = new AbortController().signal;

/** Returns whether a promise has resolved, as a function. */
function watched(promise: Promise<void>): () => boolean {
  let resolved = false;
  void promise.then(() => (resolved = true));
  return () => resolved;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Gate: work that waits between two of its parts', () => {
  it('lets work pass while it is open, and makes it wait until it opens again', async () => {
    const gate = new Gate();
    await gate.opened();
    gate.close();
    const passed = watched(gate.opened());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([gate.isOpen, passed()]).toEqual([false, false]);
    gate.open();
    await vi.advanceTimersByTimeAsync(0);
    expect([gate.isOpen, passed()]).toEqual([true, true]);
  });

  it('ends the wait of work that is aborted, and keeps other work waiting', async () => {
    const gate = new Gate();
    const [one, other] = [new AbortController(), new AbortController()];
    gate.close();
    const waits = [watched(gate.opened([one.signal])), watched(gate.opened([other.signal]))];
    one.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(waits.map((passed) => passed())).toEqual([true, false]);
    gate.open();
  });

  it('counts only the time for which it is open', async () => {
    const gate = new Gate();
    const over = watched(gate.elapsed(1000, NEVER));
    await vi.advanceTimersByTimeAsync(400);
    gate.close();
    await vi.advanceTimersByTimeAsync(10_000);
    gate.open();
    await vi.advanceTimersByTimeAsync(599);
    expect([over(), gate.closedMs]).toEqual([false, 10_000]);
    await vi.advanceTimersByTimeAsync(1);
    expect(over()).toBe(true);
  });

  it('ends a time that is aborted while the gate is closed, and leaves no timer behind', async () => {
    const gate = new Gate();
    const stop = new AbortController();
    gate.close();
    const over = watched(gate.elapsed(1000, stop.signal));
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([over(), vi.getTimerCount()]).toEqual([true, 0]);
  });
});
