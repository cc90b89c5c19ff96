import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, test } from 'vitest';
import { at } from '../../src/core/at.ts';
import { bbobFunction } from '../../bench/problems/bbob-functions.ts';
import { developmentProblems } from '../../bench/problems/development.ts';
import type { SearchProblem } from '../../bench/problems/problem.ts';
import type { Distribution } from '../../src/core/search-space/distribution.ts';

interface Golden {
  readonly f: number;
  readonly i: number;
  readonly d: number;
  readonly fopt: number;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly xopt: readonly number[];
  readonly y_at_xopt: number;
}

const golden = process.env['GALAPAGOS_BBOB_GOLDEN'] ?? '';
const numbers = [1, 2, 3, 6, 8, 10, 12, 15, 17, 20, 21, 22];

describe('BBOB: values of the reference implementation', () => {
  test.for(numbers)('function %i equals COCO on every recorded point', (number, { skip }) => {
    skip(!existsSync(golden), 'GALAPAGOS_BBOB_GOLDEN names no file with recorded values');
    const records = (JSON.parse(readFileSync(golden, 'utf8')) as Golden[]).filter(
      ({ f }) => f === number,
    );
    expect(records.length).toBeGreaterThan(0);
    for (const { i, d, fopt, x, y, xopt, y_at_xopt: best } of records) {
      const { optimum, value } = bbobFunction(number, i, d);
      expect(optimum).toBe(fopt);
      expect(value(xopt)).toBeCloseTo(best, 6);
      x.forEach((point, k) => expect(value(point) / at(y, k)).toBeCloseTo(1, 10));
    }
  });

  it('rejects a function that is not among the development problems', () =>
    expect(() => bbobFunction(4, 1, 5)).toThrow(RangeError));
});

/** Points of the unit cube with cells for discrete parameters; null for an inactive one. */
type Recorded = readonly { readonly point: readonly (number | null)[]; readonly value: number }[];

const recorded = JSON.parse(
  readFileSync(new URL('problems.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Recorded>>;

describe('Development problems: values recorded from the definition in numpy', async () => {
  const { problems, absent, close } = await developmentProblems();
  afterAll(close);

  test.for(Object.entries(recorded))(
    '%s has the recorded values',
    async ([name, points], { skip }) => {
      const problem = problems.find((each) => each.name === name);
      if (problem === undefined) return skip(absent.join('; '));
      for (const { point, value } of points) {
        const found = await problem.truth(encoded(problem, point));
        const minimised = problem.direction === 'maximize' ? -found : found;
        expect(minimised / value).toBeCloseTo(1, problem.family === 'lcbench' ? 5 : 10);
      }
    },
  );

  it('are 34 where the tables and the surrogate are present', ({ skip }) => {
    skip(absent.length > 0, absent.join('; '));
    expect(problems).toHaveLength(34);
    expect(new Set(problems.map(({ name }) => name)).size).toBe(34);
  });
});

function encoded(problem: SearchProblem, point: readonly (number | null)[]): Float64Array {
  return Float64Array.from(Object.values(problem.space), (distribution, i) => {
    const coordinate = at(point, i);
    return coordinate === null ? NaN : decoded(distribution, coordinate);
  });
}

function decoded(distribution: Distribution, coordinate: number): number {
  if (distribution.type === 'categorical') return coordinate;
  const { type, low, high, log = false } = distribution;
  if (type === 'int') return low + coordinate;
  if (log) return Math.exp(Math.log(low) + coordinate * (Math.log(high) - Math.log(low)));
  return low + coordinate * (high - low);
}
