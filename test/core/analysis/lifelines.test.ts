/**
 * Compares life lines with the samplers: exactly the trials that a sampler can still breed from are
 * alive.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lifelines, poolOf } from '../../../src/core/analysis/lifelines.ts';
import type { LifeTrials, Pool } from '../../../src/core/analysis/lifelines.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

const space: SearchSpace = {
  a: { type: 'float', low: 0, high: 1 },
  b: { type: 'int', low: 0, high: 30 },
};

/** Builds a study: `[number, value]` in order of completion, and the number of births. */
function trials(
  ends: readonly (readonly [number, number])[],
  bases: readonly number[],
  direction: 'minimize' | 'maximize' = 'maximize',
) {
  const values = new Map(ends);
  const order = ends.map(([number]) => number);
  return {
    direction,
    size: bases.length,
    ended: ends.length,
    completion: (i: number) => order[i]!,
    finishSeq: (number: number) => order.indexOf(number),
    value: (number: number) => values.get(number)!,
    historyLength: (number: number) => bases[number]!,
  } satisfies LifeTrials;
}

/** The first `ended` completions of a study, with the births that had followed them. */
function upTo(columns: TrialColumns, ended: number): LifeTrials {
  let size = columns.size;
  while (size > 0 && columns.historyLength(size - 1) > ended) size -= 1;
  return {
    direction: columns.direction,
    size,
    ended,
    completion: (i) => columns.completion(i),
    finishSeq: (number) => columns.finishSeq(number),
    value: (number) => columns.value(number),
    historyLength: (number) => columns.historyLength(number),
  };
}

function lives(trialsNow: LifeTrials, pool: Pool): Lifelines {
  const lifelines = new Lifelines(trialsNow, pool);
  lifelines.update();
  return lifelines;
}

function picture(lifelines: Lifelines, size: number): unknown[] {
  return Array.from({ length: size }, (_, number) => [
    lifelines.life(number),
    lifelines.displacedBy(number),
    lifelines.displacedAt(number),
  ]);
}

const study = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  workers: fc.integer({ min: 1, max: 9 }),
  population: fc.integer({ min: 1, max: 6 }),
  trials: fc.integer({ min: 1, max: 70 }),
});

describe('Life lines: population', () => {
  it('has the sampler’s size, and generations for synchronous samplers', () => {
    const of = (name: string, population: number) =>
      poolOf(createSampler({ name, population }, space, 'minimize', 1));
    expect(of('evolution', 7)).toEqual({ size: 7, generation: null });
    expect(of('generational', 6)).toEqual({ size: 6, generation: 6 });
    expect(of('generational', 1)).toEqual({ size: 1, generation: 1 });
    for (const name of ['guided-evolution', 'auto'])
      expect(poolOf(createSampler({ name }, space, 'minimize', 1))).toEqual({
        size: 5,
        generation: null,
      });
    expect(poolOf(createSampler({ name: 'random' }, space, 'minimize', 1))).toBe(null);
  });
});

describe('Life lines: asynchronous evolution', () => {
  const pool = { size: 2, generation: null };

  it('displaces a trial with the completion that replaces it, from the first birth that has seen it', () => {
    // Trials 0 … 2 start together; 3 is born after 0 ended, 4 after 1, and 5 has seen 3 but not 4.
    const lifelines = lives(
      trials(
        [
          [0, 0.1],
          [1, 0.2],
          [3, 0.3],
          [2, 0.05],
          [4, 0.4],
        ],
        [0, 0, 0, 1, 2, 3],
      ),
      pool,
    );
    expect(lifelines.alive).toEqual([4, 3]);
    expect(picture(lifelines, 6)).toEqual([
      ['displaced', 3, 5],
      ['displaced', 4, 6],
      ['passed', null, 6],
      ['alive', null, null],
      ['alive', null, null],
      ['open', null, null],
    ]);
  });

  it('never has a trial without a finite value alive, however few others there are', () => {
    const ends = [
      [0, -Infinity],
      [1, 0.5],
      [2, NaN],
    ] as const;
    const lifelines = lives(trials(ends, [0, 0, 0, 3]), pool);
    expect(lifelines.alive).toEqual([1]);
    expect([0, 2].map((number) => lifelines.life(number))).toEqual(['passed', 'passed']);
    expect(lifelines.displacedAt(2)).toBe(3);
  });

  it('keeps the smaller number among equal values', () => {
    const ends = [
      [2, 1],
      [1, 1],
      [0, 1],
    ] as const;
    const lifelines = lives(trials(ends, [0, 0, 0], 'minimize'), pool);
    expect(lifelines.alive).toEqual([0, 1]);
    expect(lifelines.displacedBy(2)).toBe(0);
  });

  it('has exactly the possible parents of a birth alive (any study, any order of completion)', () => {
    fc.assert(
      fc.property(study, ({ seed, workers, population, trials: count }) => {
        const sampler = createSampler(
          { name: 'evolution', population, initial: 4 },
          space,
          'minimize',
          seed,
        );
        const { columns, proposals } = playStudy(sampler, space, { trials: count, workers, seed });
        const lifelines = lives(columns, poolOf(sampler)!);
        for (const [birth, { origin }] of proposals.entries()) {
          const shown = columns.asynchronousView(columns.historyLength(birth));
          const parents = new Set(shown.best(population));
          for (let i = 0; i < shown.count; i++) {
            const number = shown.completion(i);
            expect((lifelines.displacedAt(number) ?? Infinity) > birth).toBe(parents.has(number));
          }
          for (const parent of origin.parents)
            expect(lifelines.displacedAt(parent) ?? Infinity).toBeGreaterThan(birth);
        }
        expect(lifelines.alive).toEqual(columns.best(population));
      }),
      { numRuns: 60 },
    );
  });
});

describe('Life lines: generational evolution', () => {
  it('displaces a trial with the generation in which it is outperformed, whatever the order of completion', () => {
    const pool = { size: 2, generation: 2 };
    const ends = (order: readonly number[]) =>
      order.map((number) => [number, [0.1, 0.3, 0.2, 0.25, 0.4, 0.05][number]!] as const);
    const at = (order: readonly number[]) => {
      const lifelines = lives(trials(ends(order), [0, 0, 2, 2, 4, 4]), pool);
      return Array.from({ length: 6 }, (_, number) => [
        lifelines.life(number),
        lifelines.displacedAt(number),
      ]);
    };
    const expected = [
      ['displaced', 2],
      ['alive', null],
      ['passed', 2],
      ['displaced', 3],
      ['alive', null],
      ['passed', 3],
    ];
    expect(at([1, 0, 3, 2, 4, 5])).toEqual(expected);
    expect(at([0, 1, 3, 2, 5, 4])).toEqual(expected);
  });

  it('fills the population with trials without a value while there are too few others, as the sampler does', () => {
    const ends = [
      [0, -Infinity],
      [1, 0.3],
    ] as const;
    expect(lives(trials(ends, [0, 0, 2]), { size: 2, generation: 2 }).alive).toEqual([1, 0]);
  });

  it('counts a trial that the user enqueued in the generation of its number', () => {
    // Trial 2 (generation 1) ends before trial 1 (generation 0); trial 0 is displaced after
    // generation 0 nevertheless.
    const ends = [
      [0, 0.1],
      [2, 0.3],
      [1, 0.2],
    ] as const;
    const lifelines = new Lifelines(trials(ends, [0, 0, 0]), { size: 1, generation: 2 });
    expect([...lifelines.update()].sort()).toEqual([0, 1]);
    expect([0, 1, 2].map((number) => lifelines.displacedAt(number))).toEqual([1, 2, null]);
  });

  it('has exactly the possible parents of a generation alive (any study, any order of completion)', () => {
    fc.assert(
      fc.property(study, ({ seed, workers, population, trials: count }) => {
        const sampler = createSampler(
          { name: 'generational', population },
          space,
          'minimize',
          seed,
        );
        const { columns, proposals } = playStudy(sampler, space, { trials: count, workers, seed });
        const lifelines = lives(columns, poolOf(sampler)!);
        for (let first = 0; first < columns.size; first += population) {
          const parents = new Set(columns.synchronousView(first).best(population));
          for (let number = 0; number < first; number++)
            expect((lifelines.displacedAt(number) ?? Infinity) > first / population).toBe(
              parents.has(number),
            );
        }
        for (const { origin } of proposals)
          for (const parent of origin.parents)
            expect(lifelines.displacedAt(parent) ?? Infinity).toBeGreaterThan(origin.generation);
      }),
      { numRuns: 60 },
    );
  });
});

it.each(['evolution', 'generational'])(
  'gives the same result one by one, in bursts and at once: %s',
  (name) => {
    fc.assert(
      fc.property(
        study,
        fc.integer({ min: 1, max: 5 }),
        ({ seed, workers, population, trials: count }, burst) => {
          const sampler = createSampler({ name, population }, space, 'minimize', seed);
          const { columns } = playStudy(sampler, space, { trials: count, workers, seed });
          const pool = poolOf(sampler)!;
          const growing = { ...upTo(columns, 0) };
          const lifelines = new Lifelines(growing, pool);
          const dead = new Set<number>();
          for (let ended = 0; ended < columns.ended + burst; ended += burst) {
            Object.assign(growing, upTo(columns, Math.min(ended, columns.ended)));
            for (const number of lifelines.update()) dead.add(number);
            expect(picture(lifelines, columns.size)).toEqual(
              picture(lives(growing, pool), columns.size),
            );
          }
          const notAlive = Array.from({ length: columns.size }, (_, number) => number).filter(
            (number) => lifelines.life(number) !== 'alive',
          );
          expect([...dead].sort((a, b) => a - b)).toEqual(notAlive);
        },
      ),
      { numRuns: 40 },
    );
  },
);
