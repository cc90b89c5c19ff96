import { describe, expect, it } from 'vitest';
import { normalisedRegret } from '../../../src/core/analysis/regret.ts';

describe('Normalised regret', () => {
  it.each([
    ['the optimum', 0, [1, 1, 3]],
    ['the median', 1, [3, 1, 3]],
    ['worse than the median', 1, [9, 1, 3]],
    ['half way when maximising', 0.5, [2, 3, 1]],
    ['nothing found', 1, [NaN, 3, 1]],
    ['the worst value of a failure', 1, [-Infinity, 3, 1]],
    ['a flat problem, solved', 0, [2, 2, 2]],
  ] as const)('of %s is %d', (_, regret, [found, optimum, median]) =>
    expect(normalisedRegret(found, optimum, median)).toBe(regret),
  );
});
