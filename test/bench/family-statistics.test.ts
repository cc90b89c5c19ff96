import { describe, expect, it } from 'vitest';
import { familyDifference, familyMean } from '../../bench/family-statistics.ts';
import type { ProblemRegrets } from '../../bench/family-statistics.ts';

const problem = (name: string, family: string, regrets: readonly number[]): ProblemRegrets => ({
  problem: name,
  family,
  regrets: new Map(regrets.map((regret, seed) => [seed, regret])),
});

describe('Family statistics: means', () => {
  it('gives a family of many problems the weight of a family of one', () => {
    const all = [
      problem('a1', 'a', [0.1, 0.3]),
      problem('a2', 'a', [0.4, 0.4]),
      problem('b1', 'b', [0, 0.2]),
    ];
    const { families, mean, seeds } = familyMean(all);
    expect(families.get('a')).toBeCloseTo(0.3, 12);
    expect(families.get('b')).toBeCloseTo(0.1, 12);
    expect(mean).toBeCloseTo(0.2, 12);
    expect(seeds).toBe(2);
  });

  it('has an interval of one point where all seeds agree', () => {
    const { within } = familyMean([problem('a', 'a', [0.5, 0.5]), problem('b', 'b', [0.25, 0.25])]);
    expect(within).toEqual({ low: 0.375, high: 0.375 });
  });

  it('has an interval of the expected width for many seeds', () => {
    const regrets = Array.from({ length: 400 }, (_, seed) => seed % 2);
    const { within } = familyMean([problem('a', 'a', regrets)]);
    // 1.96 × 0.5 / √400
    expect(within.high - 0.5).toBeCloseTo(0.049, 2);
    expect(0.5 - within.low).toBeCloseTo(0.049, 2);
  });
});

describe('Family statistics: paired differences', () => {
  it('compares the seeds that both samplers have, counting a tie as half a win', () => {
    const first = [problem('a', 'a', [0.1, 0.2, 0.5]), problem('b', 'b', [0.3])];
    const second = [problem('a', 'a', [0.3, 0.2]), problem('b', 'b', [0.1])];
    const { mean, winRate, pairs } = familyDifference(first, second);
    expect(pairs).toBe(3);
    expect(winRate).toBeCloseTo(0.5, 12);
    expect(mean).toBeCloseTo((-0.1 + 0.2) / 2, 12);
  });

  it('resamples problems, so that one problem that differs widens the interval', () => {
    const first = [problem('a1', 'a', [0, 0]), problem('a2', 'a', [0, 0])];
    const second = [problem('a1', 'a', [1, 1]), problem('a2', 'a', [0, 0])];
    expect(familyDifference(first, second).within).toEqual({ low: -1, high: 0 });
  });
});
