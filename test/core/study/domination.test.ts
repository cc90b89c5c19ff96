import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crowdingOf, dominates, oriented, ranksOf } from '../../../src/core/study/domination.ts';
import { Front } from '../../../src/core/study/front.ts';

interface Case {
  readonly points: readonly (readonly number[])[];
  readonly violations: readonly number[];
  readonly ranks: readonly number[];
  readonly crowding: readonly (number | 'Infinity')[];
}

/** Recorded from Optuna, as `source` in the file says. */
const { cases } = JSON.parse(
  readFileSync(new URL('fixtures/domination.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] };

const pointsOf = ({ points, violations }: Case): { at: readonly number[]; violation: number }[] =>
  points.map((at, i) => ({ at, violation: violations[i]! }));

describe('Domination: ranks and crowding', () => {
  it('ranks points as Optuna does, with and without violated constraints', () => {
    for (const each of cases) expect(ranksOf(pointsOf(each))).toEqual(each.ranks);
  });

  it('measures crowding distances as Optuna does', () => {
    for (const each of cases) {
      const found = crowdingOf(pointsOf(each));
      for (const [i, expected] of each.crowding.entries()) {
        if (expected === 'Infinity') expect(found[i]).toBe(Infinity);
        else expect(found[i]).toBeCloseTo(expected, 8);
      }
    }
  });

  it('prefers a feasible point to an infeasible one, and less violation to more', () => {
    const [feasible, slight, severe] = [0, 0.1, 2].map((violation, i) => ({
      at: [3 - i, 3 - i],
      violation,
    }));
    expect(dominates(feasible!, slight!)).toBe(true);
    expect(dominates(slight!, severe!)).toBe(true);
    expect(dominates(severe!, feasible!)).toBe(false);
  });

  it('does not let equal points dominate each other', () => {
    const point = { at: [1, 2], violation: 0 };
    expect(dominates(point, point)).toBe(false);
    expect(oriented([1, 2], ['minimize', 'maximize'])).toEqual([1, -2]);
  });
});

describe('Front', () => {
  it('holds exactly the feasible points of rank 0, whatever the order in which they come', () => {
    for (const each of cases) {
      const points = pointsOf(each);
      const feasible = points.flatMap(({ violation }, i) => (violation === 0 ? [i] : []));
      const expected = feasible.filter((i) => each.ranks[i] === 0).sort((a, b) => a - b);
      for (const order of [feasible, feasible.toReversed()]) {
        const front = new Front(points[0]!.at.map(() => 'minimize' as const));
        for (const i of order) front.offer(i, points[i]!.at, 0);
        expect(front.numbers.toSorted((a, b) => a - b)).toEqual(expected);
      }
    }
  });

  it('refuses trials that violate a constraint and values that are not finite', () => {
    const front = new Front(['minimize', 'maximize']);
    expect(front.offer(0, [1, 1], 0.5)).toBe(false);
    expect(front.offer(1, [Infinity, -Infinity], 0)).toBe(false);
    expect(front.numbers).toEqual([]);
    expect(front.offer(2, [1, 1], 0)).toBe(true);
  });
});
