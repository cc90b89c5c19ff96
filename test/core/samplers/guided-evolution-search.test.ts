/** Tests that whole searches equal those of the reference implementation on the same numbers. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conditionalProblems } from '../../../bench/problems/conditional.ts';
import { at } from '../../../src/core/at.ts';
import { guidedEvolution } from '../../../src/core/samplers/guided-evolution/guided-evolution.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

type Point = readonly (number | null)[];
interface Search {
  readonly seed: number;
  readonly asks: readonly {
    /** Numbers and values of the trials that ended since the ask before. */
    readonly ended: readonly (readonly [number, number])[];
    readonly point: Point;
  }[];
}

/**
 * A search by the reference implementation in NumPy, driven by the random numbers of this seed: 4
 * workers, 72 trials, the conditional problem `cond-1` of the bench. The best branch is tried
 * 8 times, but this search ends in the second best.
 */
const search = JSON.parse(
  readFileSync(
    new URL('../../fixtures/guided-evolution/conditional-search.json', import.meta.url),
    'utf8',
  ),
) as Search;

const { space } = at(conditionalProblems(), 0);

describe('Guided evolution: whole searches', () => {
  it('proposes each trial of the reference in a conditional space with 4 trials in flight', () => {
    const sampler = guidedEvolution(axesOf(space), search.seed);
    const columns = new TrialColumns(space, 'minimize', sampler.window);
    const branches = new Set<number | null>();
    for (const [number, { ended, point }] of search.asks.entries()) {
      for (const [other, value] of ended) columns.end(other, 'complete', 'succeeded', value);
      const view = columns.asynchronousView(columns.ended);
      const { params, origin } = at(sampler.propose(number, 1, view), 0);
      for (const [i, expected] of point.entries()) {
        const found = at(params, i);
        const told = `trial ${number}, parameter ${i}`;
        if (expected === null) expect(found, told).toBeNaN();
        else expect(found, told).toBeCloseTo(expected, 6);
      }
      const exact = Float64Array.from(point, (value) => value ?? NaN);
      columns.proposed(number, exact, view.count, origin);
      branches.add(at(point, 0));
    }
    expect([columns.size, branches.size]).toEqual([72, 3]);
  });
});
