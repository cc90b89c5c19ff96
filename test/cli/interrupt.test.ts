import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onInterrupt } from '../../src/cli/process/interrupt.ts';
import type { InterruptSignal } from '../../src/cli/process/interrupt.ts';

let exits: unknown[];
let stop: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  exits = [];
  vi.spyOn(process, 'exit').mockImplementation((code) => exits.push(code) as never);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('Signals', () => {
  it.each([
    ['SIGTERM', 5_000],
    ['SIGHUP', 5_000],
    ['SIGINT', 10_000],
  ] as const)('exits after %s within %d ms although nothing reacts', (signal, limitMs) => {
    const heard: InterruptSignal[] = [];
    stop = onInterrupt((which) => heard.push(which));
    process.emit(signal, signal);
    expect([heard, exits]).toEqual([[signal], []]);
    vi.advanceTimersByTime(limitMs);
    expect(exits).toEqual([130]);
  });

  it('exits at once at a second signal', () => {
    stop = onInterrupt(() => undefined);
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGTERM', 'SIGTERM');
    expect(exits).toEqual([130]);
  });
});
