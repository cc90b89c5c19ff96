/** Tests the format of numbers, durations and ages in the window. */
import { describe, expect, test } from 'vitest';
import { ageText } from '../../src/renderer/frame/age.ts';
import {
  bytes,
  bytesOf,
  count,
  duration,
  elapsed,
  estimate,
  gain,
  metricText,
  parameter,
  percent,
  rate,
  roughly,
  value,
} from '../../src/renderer/format.ts';
import { text } from '../../src/renderer/text.ts';

/** Replaces thin spaces by spaces, so that the tables below are readable. */
const plain = (written: string): string => written.replaceAll('\u202f', ' ');

describe('Format: values', () => {
  test.each([
    [0.9841, 'accuracy', '98.41 %'],
    [0.98, 'accuracy', '98.00 %'],
    [1, 'accuracy', '100.00 %'],
    [0.068123, 'loss', '0.06812'],
    [12.3456, 'loss', '12.35'],
    [1234.5, 'value', '1235'],
    [0.000876, 'loss', '8.8e−4'],
    [-0.5, 'value', '−0.5000'],
    [0, 'loss', '0'],
  ] as const)('formats %s as %s: %s', (given, metric, expected) => {
    expect(plain(value(given, metric))).toBe(expected);
  });

  test.each([
    [0.000874, '8.7e−4'],
    [0.001, '0.0010'],
    [0.19, '0.19'],
    [0.0049, '0.0049'],
    [1.5, '1.50'],
    [364, '364'],
    [128, '128'],
    [0, '0'],
    [-2, '−2'],
    [100_000, '100,000'],
  ])('formats a parameter of %s as %s', (given, expected) => {
    expect(parameter(given)).toBe(expected);
  });

  test.each([
    [0.0008, '+0.08 points'],
    [0, '+0.00 points'],
    [-0.0003, '−0.03 points'],
  ])('formats a gain of %s as %s', (given, expected) => {
    expect(plain(gain(given, 'accuracy'))).toBe(expected);
  });

  test('groups counts and never rounds them', () => {
    expect(count(100_000)).toBe('100,000');
    expect(count(99_999)).toBe('99,999');
  });

  test('gives a rate one decimal below 100', () => {
    expect(rate(11.94)).toBe('11.9');
    expect(rate(88_200)).toBe('88,200');
  });
});

describe('Format: time', () => {
  test.each([
    [0, '0 s'],
    [400, '0.4 s'],
    [3200, '3.2 s'],
    [9960, '10 s'],
    [42_000, '42 s'],
    [59_600, '1 min 00 s'],
    [293_000, '4 min 53 s'],
    [7_500_000, '2 h 05 min'],
    [93_600_000, '1 d 02 h'],
  ])('formats a duration of %s ms as %s', (ms, expected) => {
    expect(plain(duration(ms))).toBe(expected);
  });

  test('shows whole seconds of a running clock', () => {
    expect(plain(elapsed(3200))).toBe('3 s');
    expect(plain(elapsed(293_999))).toBe('4 min 54 s');
  });

  test.each([
    [22_000, '22 s'],
    [250_000, '4 min'],
    [7_300_000, '2 h'],
  ])('formats %s ms roughly as %s', (ms, expected) => {
    expect(plain(roughly(ms))).toBe(expected);
  });

  test('shows an age as relative for a day, then as a date', () => {
    const now = Date.UTC(2026, 0, 10, 12);
    expect(plain(ageText(now - 22_000, now))).toBe('22 s ago');
    expect(ageText(now - 100, now)).toBe(text.justNow);
    expect(ageText(now - 3 * 86_400_000, now)).toMatch(/2026/);
  });

  test.each([
    [60_000, 120_000, '1 to 2 min'],
    [300_000, 470_000, '5 to 8 min'],
    [20_000, 118_000, 'up to 2 min'],
    [12_000, 33_000, '10 to 35 s'],
    [3000, 3200, '3 to 4 s'],
    [120_000, 120_000, '2 to 3 min'],
    [7_200_000, 14_000_000, '2 to 4 h'],
    [86_400_000 * 2, 86_400_000 * 3.5, '2 to 4 d'],
  ])('shows %s to %s ms of remaining time as %s', (low, high, expected) => {
    expect(plain(text.estimate(estimate(low, high)))).toBe(expected);
  });

  test('never shows a range narrower than the estimate', () => {
    for (let low = 1000; low < 4e8; low *= 1.37) {
      const { low: from, high: to, unit } = estimate(low, low * 1.6);
      const ms = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[unit];
      expect(Number(from ?? 0) * ms).toBeLessThanOrEqual(low);
      expect(Number(to.replace(',', '')) * ms).toBeGreaterThanOrEqual(low * 1.6);
    }
  });
});

describe('Format: metrics with a unit', () => {
  test.each([
    [0, '0\u202fJ'],
    [0.01234, '0.0123\u202fJ'],
    [84.05, '84.0\u202fJ'],
    [12_345.6, '12,346\u202fJ'],
    [NaN, ''],
    [undefined, ''],
  ])('shows %d J as "%s"', (given, shown) => {
    expect(metricText(given, 'J')).toBe(shown);
  });
});

describe('Format: sizes', () => {
  test.each([
    [55_000_000, '55 MB'],
    [600_000_000, '0.6 GB'],
    [12_000_000_000, '12.0 GB'],
    [900, '1 kB'],
    [12, '12 B'],
  ])('formats %s bytes as %s', (n, expected) => {
    expect(plain(bytes(n))).toBe(expected);
  });

  test('uses the same unit for a part and its whole', () => {
    expect(plain(bytesOf(900_000_000, 12_000_000_000))).toBe('0.9 of 12.0 GB');
    expect(plain(bytesOf(38_000_000, 55_000_000))).toBe('38 of 55 MB');
  });

  test('shows fractions as whole percentages', () => {
    expect(plain(percent(0.94))).toBe('94 %');
  });
});
