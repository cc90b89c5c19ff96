import { describe, expect, it } from 'vitest';
import { Paced } from '../../../src/renderer/time/paced.ts';

describe('Window: pacing of costly figures', () => {
  /** A computation that takes `costMs` of a clock that stands still otherwise. */
  function paced(costMs: number) {
    let now = 0;
    let runs = 0;
    const pace = new Paced<number>(() => now);
    return {
      advance: (ms: number) => (now += ms),
      ask: (key: string, version: number) =>
        pace.value(key, version, () => {
          now += costMs;
          return (runs += 1);
        }),
    };
  }

  it('computes nothing again while its inputs are the same', () => {
    const { ask, advance } = paced(1);
    ask('a', 1);
    advance(1e6);
    expect(ask('a', 1)).toBe(1);
  });

  it('computes a new version at most once a second', () => {
    const { ask, advance } = paced(1);
    ask('a', 1);
    advance(999);
    expect(ask('a', 2)).toBe(1);
    advance(1);
    expect(ask('a', 2)).toBe(2);
  });

  it('spends at most 2 % of the time, however long one computation takes', () => {
    const { ask, advance } = paced(60);
    ask('a', 1);
    advance(2_999);
    expect(ask('a', 2)).toBe(1);
    advance(1);
    expect(ask('a', 2)).toBe(2);
  });

  it('computes another key at once', () => {
    const { ask } = paced(60);
    ask('a', 1);
    expect(ask('b', 1)).toBe(2);
  });
});
