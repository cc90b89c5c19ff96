import { describe, expect, it } from 'vitest';
import { trainingSchedule } from '../../../src/core/analysis/training-schedule.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { DEFAULT_POPULATION } from '../../../src/core/samplers/in-parts.ts';
import { explored, PBT_SETTINGS, slowestRound } from '../../../src/core/samplers/pbt.ts';
import type { Proposal } from '../../../src/core/samplers/sampler.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { at } from '../../../src/core/at.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0.001, high: 1, log: true },
  dropout: { type: 'float', low: 0, high: 0.5 },
};

/** A study whose trials end when the test says so. */
class Population {
  readonly sampler;
  readonly columns: TrialColumns;
  readonly proposals: Proposal[] = [];

  constructor(settings: object = {}, direction: 'maximize' | 'minimize' = 'maximize', seed = 3) {
    this.sampler = createSampler(
      { name: 'pbt', population: 4, rounds: 5, ...settings },
      space,
      direction,
      seed,
    );
    this.columns = new TrialColumns(space, direction, this.sampler.window);
  }

  get ready(): number {
    return this.sampler.ready!(this.columns.asynchronousView(this.columns.ended));
  }

  ask(count = 1): readonly Proposal[] {
    const first = this.columns.size;
    const view = this.columns.asynchronousView(this.columns.ended);
    const proposals = this.sampler.propose(first, count, view);
    for (const [i, { params, origin }] of proposals.entries())
      this.columns.proposed(first + i, params, this.columns.ended, origin);
    this.proposals.push(...proposals);
    return proposals;
  }

  /** Ends trials in this order, NaN as diverged. */
  end(values: Readonly<Record<number, number>>): this {
    for (const [number, value] of Object.entries(values))
      this.columns.end(
        Number(number),
        'complete',
        Number.isFinite(value) ? 'succeeded' : 'diverged',
        value,
      );
    return this;
  }

  /** The first round, with these values. */
  begun(values: readonly number[]): this {
    this.ask(4);
    return this.end(Object.fromEntries(values.entries()));
  }
}

const originsOf = (proposals: readonly Proposal[]): object[] =>
  proposals.map(({ origin }) => origin);

describe('Population-based training', () => {
  it('begins with a Latin hypercube, one trial a member and none more', () => {
    const population = new Population();
    expect(population.ready).toBe(4);
    population.ask(4);
    const strata = population.proposals.map(({ params }) => Math.floor(at(params, 1) / 0.125));
    expect(strata.sort()).toEqual([0, 1, 2, 3]);
    expect(population.ready).toBe(0);
  });

  it('lets the worst member copy the best, and the others go on with their parameters', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    const proposals = population.ask(4);
    expect(originsOf(proposals)).toEqual([
      { operator: 'continue', parents: [1], generation: 1 },
      { operator: 'continue', parents: [0], generation: 1 },
      { operator: 'continue', parents: [3], generation: 1 },
      { operator: 'copy', parents: [1, 2], generation: 1 },
    ]);
    const [, second, , copy] = proposals;
    expect(second!.params).toEqual(population.proposals[0]!.params);
    expect(copy!.params).not.toEqual(population.proposals[1]!.params);
  });

  it('follows the direction of the study', () => {
    const population = new Population({}, 'minimize').begun([0.5, 0.9, 0.1, 0.4]);
    expect(population.ask(4)[3]!.origin).toMatchObject({ operator: 'copy', parents: [2, 1] });
  });

  it('draws the copied member from a whole quantile', () => {
    const copied = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const population = new Population({ population: 8 }, 'maximize', seed);
      population.ask(8);
      population.end({ 0: 8, 1: 7, 2: 6, 3: 5, 4: 4, 5: 3, 6: 2, 7: 1 });
      const copies = population.ask(8).filter(({ origin }) => origin.operator === 'copy');
      expect(copies.map(({ origin }) => origin.parents[1])).toEqual([6, 7]);
      for (const { origin } of copies) copied.add(origin.parents[0]!);
    }
    expect([...copied].sort()).toEqual([0, 1]);
  });

  it('compares members at the round that they have ended, not by values of other rounds', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(4);
    // Trials 4, 5, 6, 7 are the second round of the members 1, 0, 3, 2; trial 7 is a copy.
    population.end({ 4: 1.9, 5: 1.5, 6: 1.4 });
    // Member 3 is the worst so far, and member 2 has not ended the round. Its first value, 0.1,
    // does not tell how it compares.
    expect(originsOf(population.ask(population.ready))).toEqual([
      { operator: 'continue', parents: [4], generation: 2 },
      { operator: 'continue', parents: [5], generation: 2 },
    ]);
    expect(population.ready).toBe(0);
    population.end({ 7: 1.8 });
    expect(originsOf(population.ask(population.ready))).toEqual([
      { operator: 'continue', parents: [7], generation: 2 },
      { operator: 'copy', parents: [4, 6], generation: 2 },
    ]);
  });

  it('lets the worst wait for a slow member until half of the others have ended the next round', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(4);
    population.end({ 4: 1.9, 5: 1.5, 6: 1.4 });
    population.ask(2);
    population.end({ 8: 2.9 });
    expect(population.ready).toBe(0);
    population.end({ 9: 2.5 });
    expect(originsOf(population.ask(population.ready))).toContainEqual({
      operator: 'copy',
      parents: [4, 6],
      generation: 2,
    });
  });

  it('copies none where fewer than half of the members, and fewer than four, can be compared', () => {
    for (const [compared, copies] of [
      [3, 0],
      [4, 1],
    ] as const) {
      const population = new Population({ population: 8 });
      population.ask(8);
      for (let member = 0; member < compared; member++) population.end({ [member]: -member });
      const first = population.ask(population.ready);
      expect(originsOf(first)).toEqual(
        Array.from({ length: compared - 2 }, (_, own) => ({
          operator: 'continue',
          parents: [own],
          generation: 1,
        })),
      );
      for (let trial = 8; trial < 8 + first.length; trial++) population.end({ [trial]: 1 });
      const operators = population.ask(population.ready).map(({ origin }) => origin.operator);
      expect(operators).toHaveLength(2);
      expect(operators.filter((operator) => operator === 'copy')).toHaveLength(copies);
    }
  });

  it('lets the member with the fewest rounds go on first, and of several the best', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(1);
    population.end({ 4: 0.6 });
    expect(population.ask(3).map(({ origin }) => origin.parents.at(-1))).toEqual([0, 3, 2]);
  });

  it('is not ready for the worst member while the best train', () => {
    const population = new Population().begun([0.1, 0.5, 0.4, 0.9]);
    population.ask(4);
    population.end({ 5: 0.55, 6: 0.45, 7: 0.05 });
    expect(population.ready).toBe(2);
    population.ask(2);
    expect(population.ready).toBe(0);
    population.end({ 4: 0.95 });
    expect(originsOf(population.ask(population.ready))).toContainEqual({
      operator: 'copy',
      parents: [4, 7],
      generation: 2,
    });
  });

  it('ranks a diverged member behind all others, and lets it copy the best', () => {
    const population = new Population().begun([0.5, 0.9, 0.8, 0.7]);
    population.ask(4);
    population.end({ 4: NaN });
    expect(population.ready).toBe(0);
    // Any value ranks before it, so each of the others goes on as soon as it has ended the round.
    population.end({ 6: -1e6 });
    expect(population.ready).toBe(1);
    expect(originsOf(population.ask(1))).toMatchObject([{ operator: 'continue', parents: [6] }]);
    population.end({ 5: 0.95, 7: 0.1 });
    expect(originsOf(population.ask(population.ready))).toEqual([
      { operator: 'continue', parents: [5], generation: 2 },
      { operator: 'continue', parents: [7], generation: 2 },
      { operator: 'copy', parents: [5, 4], generation: 2 },
    ]);
  });

  it.each(['maximize', 'minimize'] as const)(
    'lets every diverged member copy, however many, and no other (%s)',
    (direction) => {
      const population = new Population({ population: 8 }, direction);
      population.ask(8);
      population.end({ 0: NaN, 1: 3, 2: NaN, 3: NaN, 4: 3, 5: NaN, 6: NaN, 7: NaN });
      const proposals = population.ask(population.ready);
      expect(proposals).toHaveLength(8);
      const copies = proposals.filter(({ origin }) => origin.operator === 'copy');
      expect(copies.map(({ origin }) => origin.parents[1])).toEqual([0, 2, 3, 5, 6, 7]);
      for (const { origin } of copies) expect([1, 4]).toContain(origin.parents[0]);
    },
  );

  it('compares a member that has started anew by its new trials only', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(4);
    population.end({ 4: NaN, 5: NaN, 6: NaN, 7: NaN });
    expect(originsOf(population.ask(1))).toEqual([
      { operator: 'latin-hypercube', parents: [], generation: 0 },
    ]);
    // Its former value at round 0 was 0.5, better than those of the members 2 and 3.
    population.end({ 8: 0.05 });
    expect(originsOf(population.ask(1))).toMatchObject([{ operator: 'copy', generation: 1 }]);
  });

  it('starts the first member anew where every member has failed', () => {
    const population = new Population().begun([NaN, NaN, NaN, NaN]);
    expect(population.ready).toBe(1);
    expect(originsOf(population.ask(4))).toEqual([
      { operator: 'latin-hypercube', parents: [], generation: 0 },
    ]);
    expect(population.ready).toBe(0);
    population.end({ 4: 0.5 });
    expect(population.ready).toBe(4);
  });

  it('is exhausted when every member has trained all its rounds', () => {
    const population = new Population({ rounds: 2 }).begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(4);
    expect(population.ready).toBe(0);
    population.end({ 4: 1, 5: 1, 6: 1, 7: 1 });
    expect(population.ready).toBe(1);
    expect(population.ask(1)).toEqual([]);
    expect(population.sampler.size).toBe(8);
  });

  it('trains each round from the checkpoint of the trial that it goes on from', () => {
    const { partOf } = createSampler({ name: 'pbt', interval: 3 }, space, 'maximize', 1);
    expect(partOf!({ parents: [], generation: 0 })).toEqual({ source: null, from: 0, until: 3 });
    expect(partOf!({ parents: [7, 9], generation: 2 })).toEqual({ source: 7, from: 6, until: 9 });
  });

  it('finds a schedule: the parameters along the chain of checkpoints, without repetitions', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(4);
    population.end({ 4: 0.9, 5: 0.5, 6: 0.4, 7: 0.95 });
    population.ask(4);
    const schedule = trainingSchedule(
      population.sampler,
      8,
      (number) => population.proposals[number]?.origin ?? null,
      (number) => population.proposals[number]!.params,
      (a, b) => a.join() === b.join(),
    );
    expect(population.proposals[8]!.origin.parents).toEqual([7]);
    expect(schedule).toEqual([
      { epoch: 0, params: population.proposals[1]!.params },
      { epoch: 1, params: population.proposals[7]!.params },
    ]);
  });

  it('has the default population that the window counts with', () => {
    expect(PBT_SETTINGS['population']?.default).toBe(DEFAULT_POPULATION);
  });

  it('knows the round that its slowest member trains', () => {
    const population = new Population().begun([0.5, 0.9, 0.1, 0.4]);
    population.ask(3);
    expect(slowestRound(4, population.columns)).toBe(0);
    population.ask(1);
    expect(slowestRound(4, population.columns)).toBe(1);
  });

  it('finds a better value than the best of its founders does with fixed parameters', () => {
    // As in section 4.1 of Jaderberg et al., a member descends by steps that its parameters choose.
    type State = readonly [x: number, y: number];
    const trained = ([x, y]: State, params: Float64Array): State => [
      x - 0.05 * at(params, 0) * x,
      y - 0.1 * at(params, 1) * y,
    ];
    const valueOf = ([x, y]: State): number => 1.2 - x * x - y * y;
    const start: State = [0.9, 0.9];
    const population = new Population({ population: 8, rounds: 30 });
    const states: State[] = [];
    let best = -Infinity;
    while (population.columns.size < 240) {
      for (const { params, origin } of population.ask(population.ready)) {
        const [source] = origin.parents;
        const number = states.length;
        states.push(trained(source === undefined ? start : at(states, source), params));
        const value = valueOf(at(states, number));
        best = Math.max(best, value);
        population.end({ [number]: value });
      }
    }
    const fixed = population.proposals.slice(0, 8).map(({ params }) => {
      let state = start;
      for (let round = 0; round < 30; round++) state = trained(state, params);
      return valueOf(state);
    });
    expect(best).toBeGreaterThan(Math.max(...fixed));
  });
});

describe('Population-based training: exploration', () => {
  const explore = (distribution: SearchSpace[string], value: number, resample = 0): Set<number> => {
    const axes = axesOf({ p: distribution });
    return new Set(
      Array.from({ length: 60 }, (_, trial) =>
        at(
          explored(
            axes,
            Float64Array.of(value),
            resample,
            new Stream(1, { purpose: PURPOSE.mutate, trial }),
          ),
          0,
        ),
      ),
    );
  };
  const sorted = (values: Set<number>): number[] => [...values].sort((a, b) => a - b);

  it('multiplies a number by 0.8 or 1.2, within its bounds', () => {
    const distribution = { type: 'float', low: 0.001, high: 1, log: true } as const;
    expect(sorted(explore(distribution, 0.1))).toEqual([0.1 * 0.8, 0.1 * 1.2]);
    expect(sorted(explore(distribution, 0.9))).toEqual([0.9 * 0.8, 1]);
    expect(sorted(explore(distribution, 0.001))).toEqual([0.001, 0.001 * 1.2]);
  });

  it('moves a number at 0 by a tenth of its range', () => {
    expect(sorted(explore({ type: 'float', low: -1, high: 1 }, 0))).toEqual([-0.2, 0.2]);
    expect(sorted(explore({ type: 'float', low: 0, high: 0.5 }, 0))).toEqual([0, 0.05]);
  });

  it('moves an integer by at least one', () => {
    expect(sorted(explore({ type: 'int', low: 1, high: 9 }, 2))).toEqual([1, 3]);
    expect(sorted(explore({ type: 'int', low: 1, high: 9 }, 1))).toEqual([1, 2]);
    expect(sorted(explore({ type: 'int', low: -9, high: 9 }, -2))).toEqual([-3, -1]);
    expect(sorted(explore({ type: 'int', low: 1, high: 99 }, 20))).toEqual([16, 24]);
  });

  it('moves a choice to a neighbour in its list', () => {
    const choices = ['a', 'b', 'c', 'd'];
    expect(sorted(explore({ type: 'categorical', choices }, 1))).toEqual([0, 2]);
    expect(sorted(explore({ type: 'categorical', choices }, 3))).toEqual([2, 3]);
  });

  it('draws a share of the parameters anew', () => {
    const distribution = { type: 'float', low: 0, high: 1 } as const;
    expect(explore(distribution, 0.5, 1).size).toBe(60);
    const some = [...explore(distribution, 0.5, 0.25)];
    expect(some.length).toBeGreaterThan(5);
    expect(some.length).toBeLessThan(30);
  });
});
