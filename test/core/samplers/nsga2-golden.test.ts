import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Survivors } from '../../../src/core/samplers/nsga2.ts';
import { crowdingOf, oriented, ranksOf } from '../../../src/core/study/domination.ts';
import type { Direction } from '../../../src/core/study/direction.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

interface RecordedCase {
  readonly directions: readonly Direction[];
  readonly values: readonly (readonly number[])[];
  /** Null: the study has no constraints. */
  readonly violations: readonly number[] | null;
  readonly ranks: readonly number[];
  /** Within the rank; null: infinite. */
  readonly crowding: readonly (number | null)[];
  /** The trial that leaves a population with room for all but one; null: it is not unique. */
  readonly leaves: number | null;
}

/**
 * Numbers of Optuna 5.0.0, recorded by `bench/peers/nsga2-fixture.py`. Populations that lose many
 * trials at once are not compared: here they lose one at a time.
 */
const recorded = JSON.parse(
  readFileSync(new URL('fixtures/nsga2.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, RecordedCase>>;

describe("Sampler nsga2: the numbers of Optuna's NSGA-II", () => {
  for (const [title, each] of Object.entries(recorded)) {
    const { directions, values, violations, ranks, crowding, leaves } = each;
    const points = values.map((row, i) => ({
      at: oriented(row, directions),
      violation: violations?.[i] ?? 0,
    }));

    it(`ranks alike: ${title}`, () => {
      expect(ranksOf(points)).toEqual(ranks);
    });

    it(`measures crowding alike: ${title}`, () => {
      for (const rank of new Set(ranks)) {
        const members = points.flatMap((_, i) => (ranks[i] === rank ? [i] : []));
        const distances = crowdingOf(members.map((i) => points[i]!));
        for (const [place, i] of members.entries()) {
          const expected = crowding[i] ?? Infinity;
          if (expected === Infinity) expect(distances[place], `trial ${i}`).toBe(Infinity);
          else expect(distances[place], `trial ${i}`).toBeCloseTo(expected, 12);
        }
      }
    });

    if (leaves !== null)
      it(`lets the same trial leave the population: ${title}`, () => {
        const space = { x: { type: 'float', low: 0, high: 1 } } as const;
        const columns = new TrialColumns(space, 'minimize', { kind: 'all' }, directions);
        for (const [number, row] of values.entries()) {
          const origin = { operator: 'uniform', parents: [], generation: 0 } as const;
          columns.proposed(number, Float64Array.of(0.5), 0, origin);
          const ranked = { values: row, violation: points[number]!.violation };
          columns.end(number, 'complete', 'succeeded', row[0]!, ranked);
        }
        const population = new Survivors(values.length - 1);
        const stays = new Set(population.of(columns.asynchronousView(values.length)));
        expect(values.flatMap((_, i) => (stays.has(i) ? [] : [i]))).toEqual([leaves]);
      });
  }
});
