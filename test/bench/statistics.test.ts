import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deviation,
  mean,
  median,
  pairedDifference,
  studentQuantile,
} from '../../bench/statistics.ts';

describe('Statistics: mean, deviation, median', () => {
  test("computes the sample's deviation, over n − 1", () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  });

  test('has no deviation for one value', () => expect(deviation([3])).toBeNaN());

  test.each([
    [[3], 3],
    [[1, 10], 5.5],
    [[9, 1, 2], 2],
    [[1, Infinity, 2], 2],
    [[Infinity, 1, Infinity, Infinity], Infinity],
    [[1, Infinity], Infinity],
  ])('the median of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});

describe("Statistics: Student's quantile", () => {
  // Two-sided 95 %, from the printed tables.
  test.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ])('of %d degrees is %d', (degrees, expected) =>
    expect(studentQuantile(degrees)).toBeCloseTo(expected, 3),
  );

  test('follows the requested probability', () => {
    expect(studentQuantile(9, 0.99)).toBeCloseTo(3.25, 3);
    expect(studentQuantile(4, 0.9)).toBeCloseTo(2.132, 3);
  });
});

describe('Statistics: paired difference', () => {
  test('compares pairs, not the two samples', () => {
    // Pairs differ by 1 and 3: mean 2, deviation √2, half the interval 12.706 · √2 / √2.
    const {
      mean: centre,
      meanWithin,
      medianWithin,
      wins,
      pairs,
    } = pairedDifference([11, 103], [10, 100]);
    expect(centre).toBe(2);
    expect(meanWithin.low).toBeCloseTo(2 - 12.706, 2);
    expect(meanWithin.high).toBeCloseTo(2 + 12.706, 2);
    expect(medianWithin.low).toBeNaN();
    expect([wins, pairs]).toEqual([2, 2]);
  });

  test('does not count a tie as a win', () =>
    expect(pairedDifference([1, 2, 3], [1, 1, 4])).toMatchObject({ wins: 1, pairs: 3 }));

  test('is mirrored when the samples are exchanged', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 20 }), (list) => {
        const [a, b] = [list.map(([x]) => x), list.map(([, y]) => y)];
        const [there, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        expect(there.mean).toBeCloseTo(-back.mean, 9);
        expect(there.meanWithin.low).toBeCloseTo(-back.meanWithin.high, 9);
        expect(there.meanWithin.low).toBeLessThanOrEqual(there.meanWithin.high);
        expect(there.median).toBeCloseTo(-back.median, 9);
        if (list.length >= 6)
          expect(there.medianWithin.low).toBeCloseTo(-back.medianWithin.high, 9);
      }),
    );
  });

  // Order statistics of the sign test's 95 % interval, from printed tables.
  test.each([
    [6, 1],
    [8, 1],
    [9, 2],
    [10, 2],
    [12, 3],
    [20, 6],
    [25, 8],
  ])(
    'of %d pairs has its median between the values in place %d from either end',
    (pairs, place) => {
      const differences = Array.from({ length: pairs }, (_, i) => i + 1);
      const { medianWithin } = pairedDifference(
        differences,
        differences.map(() => 0),
      );
      expect(medianWithin).toEqual({ low: place, high: pairs + 1 - place });
    },
  );

  test("moves the mean's interval but not the median's for an outlier", () => {
    const calm = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const wild = [...calm.slice(0, 9), 1000];
    const zeros = calm.map(() => 0);
    expect(pairedDifference(wild, zeros).medianWithin).toEqual(
      pairedDifference(calm, zeros).medianWithin,
    );
    expect(pairedDifference(wild, zeros).meanWithin.low).toBeLessThan(0);
    expect(pairedDifference(calm, zeros).meanWithin.low).toBeGreaterThan(0);
  });

  test('refuses samples that cannot be paired', () =>
    expect(() => pairedDifference([1], [1, 2])).toThrow('1 values paired with 2'));
});
