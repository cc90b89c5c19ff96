import { describe, expect, it } from 'vitest';
import {
  commonHours,
  hoursText,
  isWithin,
  nextChange,
  parseHours,
} from '../../../src/node/courtesy/hours.ts';
import { stricter } from '../../../src/node/courtesy/limits.ts';
import { NO_LIMITS } from '../../../src/protocol/node-messages.ts';

/** Milliseconds since 1970 of a time of this machine's zone. */
const at = (hour: number, minute = 0, day = 5): number =>
  new Date(2026, 0, day, hour, minute).getTime();

describe('Courtesy: hours of use', () => {
  it('parses hours of the day, and writes them as they were given', () => {
    const texts = ['9-18', '18-8', '0-6', '20-24'];
    expect(texts.map((text) => parseHours(text, '--hours'))).toEqual([
      { from: 9, to: 18 },
      { from: 18, to: 8 },
      { from: 0, to: 6 },
      { from: 20, to: 0 },
    ]);
    expect(texts.map((text) => hoursText(parseHours(text, '--hours')))).toEqual(texts);
  });

  it.each(['9', '9-9', '9-25', '24-3', '0-24', '9:30-18', '-1-4', 'night'])(
    'refuses %s with what is expected',
    (text) => {
      expect(() => parseHours(text, '--hours')).toThrow(/--hours.*18-8 over midnight/s);
    },
  );

  it('includes the first hour and excludes the last, also over midnight', () => {
    const day = [{ from: 9, to: 18 }];
    const night = [{ from: 18, to: 8 }];
    const times = [at(8, 59), at(9), at(17, 59), at(18)];
    expect(times.map((time) => isWithin(day, time))).toEqual([false, true, true, false]);
    const late = [at(17, 59), at(18), at(0), at(7, 59), at(8)];
    expect(late.map((time) => isWithin(night, time))).toEqual([false, true, true, true, false]);
  });

  it('finds when use begins or ends next', () => {
    expect(nextChange([{ from: 18, to: 8 }], at(12, 20))).toBe(at(18));
    expect(nextChange([{ from: 18, to: 8 }], at(18))).toBe(at(8, 0, 6));
    expect(nextChange([{ from: 18, to: 8 }], at(3))).toBe(at(8));
    expect(nextChange([], at(3))).toBeNull();
  });

  it('allows only what both the owner and the host allow', () => {
    const both = [
      { from: 18, to: 8 },
      { from: 20, to: 22 },
    ];
    expect([19, 21, 23].map((hour) => isWithin(both, at(hour)))).toEqual([false, true, false]);
    expect(nextChange(both, at(12))).toBe(at(20));
    expect(commonHours({ from: 18, to: 8 }, { from: 6, to: 20 })).toEqual({ from: 18, to: 8 });
    expect(commonHours({ from: 18, to: 8 }, { from: 20, to: 22 })).toEqual({ from: 20, to: 22 });
    expect(commonHours({ from: 9, to: 12 }, { from: 13, to: 15 })).toBe('never');
    expect(commonHours(null, { from: 9, to: 12 })).toEqual({ from: 9, to: 12 });
  });
});

describe('Courtesy: limits of owner and host', () => {
  it('takes the stricter of both in each field', () => {
    const owner = {
      ...NO_LIMITS,
      devices: ['cpu', 'gpu/0'],
      hours: { from: 18, to: 8 },
      draining: { graceMs: 5_000 },
    };
    const wish = {
      ...NO_LIMITS,
      devices: ['gpu/0', 'gpu/1'],
      whenIdle: true,
      draining: { graceMs: 9_000 },
    };
    const both = {
      devices: ['gpu/0'],
      hours: { from: 18, to: 8 },
      whenIdle: true,
      paused: false,
      draining: { graceMs: 5_000 },
    };
    expect(stricter(owner, wish)).toEqual(both);
    expect(stricter(wish, owner)).toEqual(both);
  });

  it('pauses a machine whose owner and host allow no common hour', () => {
    const owner = { ...NO_LIMITS, hours: { from: 9, to: 12 } };
    expect(stricter(owner, { ...NO_LIMITS, hours: { from: 13, to: 15 } }).paused).toBe(true);
  });

  it('keeps what the owner forbids although the host allows it', () => {
    const owner = { ...NO_LIMITS, paused: true, devices: [] };
    expect(stricter(owner, NO_LIMITS)).toEqual(owner);
  });
});
