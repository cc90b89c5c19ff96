import { describe, expect, it } from 'vitest';
import { Distinct } from '../../../src/core/samplers/distinct.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

const ints = (count: number): SearchSpace => ({ n: { type: 'int', low: 0, high: count - 1 } });
/** A study that has proposed 0 … count − 1 except for some. */
const usedUp = (space: SearchSpace, count: number, except: readonly number[]): TrialColumns => {
  const columns = new TrialColumns(space, 'minimize', { kind: 'none' });
  for (let n = 0; n < count; n++) {
    if (!except.includes(n))
      columns.proposed(columns.size, Float64Array.of(n), 0, {
        operator: 'uniform',
        parents: [],
        generation: 0,
      });
  }
  return columns;
};
const origin = { operator: 'stubborn', parents: [], generation: 3 };

describe('Samplers: distinct points', () => {
  it('draws from the sampler 31 times, then uniformly', () => {
    const space = ints(1000);
    const columns = usedUp(space, 10, []);
    const retries: number[] = [];
    const [proposal] = new Distinct(axesOf(space), 1).propose(
      10,
      1,
      columns.synchronousView(0),
      (_, retry) => {
        retries.push(retry);
        return { params: Float64Array.of(retry % 10), origin };
      },
      () => 7,
    );
    expect(retries).toEqual(Array.from({ length: 31 }, (_, retry) => retry));
    expect(proposal?.origin).toEqual({ operator: 'uniform', parents: [], generation: 7 });
    expect(proposal?.params[0]).toBeGreaterThanOrEqual(10);
  });

  it('takes the first unused points in order in a space of at most 10,000', () => {
    const space = ints(10_000);
    const columns = usedUp(space, 10_000, [8123, 9000]);
    const proposals = new Distinct(axesOf(space), 1).propose(
      9998,
      3,
      columns.synchronousView(0),
      () => null,
    );
    expect(proposals.map(({ params, origin: { operator } }) => [params[0], operator])).toEqual([
      [8123, 'first-unused'],
      [9000, 'first-unused'],
    ]);
  });

  it('does not search a larger space', () => {
    const space = ints(10_001);
    const columns = usedUp(space, 10_001, [3]);
    expect(
      new Distinct(axesOf(space), 1).propose(10_000, 1, columns.synchronousView(0), () => null),
    ).toEqual([]);
  });
});
