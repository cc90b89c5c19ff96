import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialDistribution } from '../../../src/core/samplers/cma-es/distribution.ts';
import { strategyOf } from '../../../src/core/samplers/cma-es/strategy.ts';
import { nextDistribution } from '../../../src/core/samplers/cma-es/update.ts';
import type { Evaluated } from '../../../src/core/samplers/cma-es/update.ts';
import { createSampler, checkSampler } from '../../../src/core/samplers/create-sampler.ts';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

const square: SearchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  y: { type: 'float', low: 0, high: 1 },
};
const make = (space: SearchSpace, seed: number, settings = {}): Sampler =>
  createSampler({ name: 'cma-es', ...settings }, space, 'minimize', seed);

/** A study whose trials are proposed and ended by hand. */
class Study {
  readonly columns: TrialColumns;
  readonly #sampler: Sampler;

  constructor(sampler: Sampler, space: SearchSpace) {
    this.#sampler = sampler;
    this.columns = new TrialColumns(space, 'minimize', sampler.window);
  }

  /** Proposes trials; returns their generations. */
  ask(count: number): number[] {
    return Array.from({ length: count }, () => {
      const { columns } = this;
      const view = columns.asynchronousView(columns.ended);
      const [proposal] = this.#sampler.propose(columns.size, 1, view);
      columns.proposed(columns.size, proposal!.params, columns.ended, proposal!.origin);
      return proposal!.origin.generation;
    });
  }

  tell(number: number, value = this.columns.params(number)![0]!): void {
    this.columns.end(number, 'complete', 'succeeded', value);
  }
}

describe('Sampler cma-es: generations', () => {
  it.each([
    { type: 'int', low: 0, high: Number.MAX_SAFE_INTEGER },
    { type: 'int', low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER },
    { type: 'float', low: 0, high: 1, step: 1e-300 },
  ] as const)('proposes on more values than numbers count exactly: %j', (x) => {
    const study = new Study(make({ x }, 1), { x });
    expect(new Set(study.ask(20))).toEqual(new Set([0]));
  });

  it('samples the same generation until as many of its trials as the population have ended', () => {
    const study = new Study(make(square, 1, { population: 5 }), square);
    expect(study.ask(9)).toEqual(Array(9).fill(0));
    for (const number of [3, 0, 7, 1]) study.tell(number);
    expect(study.ask(1)).toEqual([0]);
    study.tell(8);
    expect(study.ask(1)).toEqual([1]);
  });

  it('counts trials that end one generation late, and ignores those that end later', () => {
    const study = new Study(make(square, 1, { population: 4 }), square);
    study.ask(13);
    for (let number = 0; number < 4; number++) study.tell(number);
    expect(study.ask(1)).toEqual([1]);
    // Four more samples of generation 0 end generation 1.
    for (let number = 4; number < 7; number++) study.tell(number);
    expect(study.ask(1)).toEqual([1]);
    study.tell(7);
    expect(study.ask(3)).toEqual([2, 2, 2]);
    // Five more are too late for generation 2; trial 13, of generation 1, is not.
    for (let number = 8; number < 13; number++) study.tell(number);
    expect(study.ask(1)).toEqual([2]);
    for (const number of [13, 15, 16]) study.tell(number);
    expect(study.ask(1)).toEqual([2]);
    study.tell(17);
    expect(study.ask(1)).toEqual([3]);
  });

  it('ignores enqueued points, which are no samples of the distribution', () => {
    const study = new Study(make(square, 3, { population: 4 }), square);
    study.ask(3);
    const origin = { operator: 'enqueued', parents: [], generation: 0 };
    study.columns.proposed(3, Float64Array.of(0.25, 0.5), 0, origin);
    for (let number = 0; number < 4; number++) study.tell(number);
    expect(study.ask(1)).toEqual([0]);
    study.tell(4);
    expect(study.ask(1)).toEqual([1]);
  });

  it('has a population of 4 + ⌊3 ln d⌋, where d leaves out parameters with one value', () => {
    for (const [dimensions, population] of [
      [1, 4],
      [2, 6],
      [6, 9],
      [10, 10],
    ] as const) {
      const space: SearchSpace = {
        fixed: { type: 'int', low: 3, high: 3 },
        ...Object.fromEntries(
          Array.from({ length: dimensions }, (_, i) => [
            `x${i}`,
            { type: 'float', low: 0, high: 1 } as const,
          ]),
        ),
      };
      const { proposals } = playStudy(make(space, 1), space, { trials: 24, workers: 1, seed: 1 });
      const first = proposals.filter(({ origin }) => origin.generation === 0);
      expect(first).toHaveLength(population);
    }
  });

  it('draws the first generation with the given standard deviation around the centre', () => {
    for (const sigma of [0.02, 0.2]) {
      const sampler = make(square, 5, { population: 1000, sigma });
      const { proposals } = playStudy(sampler, square, { trials: 1000, workers: 1, seed: 1 });
      const spread = Math.sqrt(
        proposals.reduce((sum, { params }) => sum + (params[0]! - 0.5) ** 2, 0) / 1000,
      );
      expect(spread).toBeGreaterThan(0.9 * sigma);
      expect(spread).toBeLessThan(1.1 * sigma);
    }
  });
});

describe('Sampler cma-es: restarts', () => {
  const line: SearchSpace = { x: { type: 'float', low: 0, high: 1 } };
  /** Generations of a population of 4 until values that do not differ end the search. */
  const GENERATIONS = 19;
  const FIRST = 4 * GENERATIONS;

  it('begin with twice the population, and again, around other points, once all values are equal', () => {
    const study = new Study(make(line, 4, { population: 4, sigma: 0.05 }), line);
    const generations: number[] = [];
    for (let number = 0; number < FIRST + 400; number++) {
      generations.push(...study.ask(1));
      study.tell(number, 7);
    }
    const sizes = Array.from(
      { length: GENERATIONS + 20 },
      (_, generation) => generations.filter((each) => each === generation).length,
    );
    // With twice the population there are 10 + ⌈30 / 8⌉ + 1 generations, then four times.
    expect(sizes).toEqual([
      ...Array<number>(GENERATIONS).fill(4),
      ...Array<number>(15).fill(8),
      ...Array<number>(5).fill(16),
    ]);
    const middles = [0, GENERATIONS, GENERATIONS + 15].map((generation) => {
      const points = generations.flatMap((each, number) =>
        each === generation ? [study.columns.params(number)![0]!] : [],
      );
      return points.reduce((sum, each) => sum + each, 0) / points.length;
    });
    for (const [i, middle] of middles.entries())
      for (const other of middles.slice(i + 1))
        expect(Math.abs(middle - other)).toBeGreaterThan(0.05);
  });

  it('do not count trials that end late, which are samples of the distribution before', () => {
    const study = new Study(make(line, 2, { population: 4, sigma: 0.05 }), line);
    for (let number = 0; number < FIRST; number++) {
      study.ask(1);
      if (number === FIRST - 4) study.ask(8);
      study.tell(number, 7);
    }
    expect(study.ask(1)).toEqual([GENERATIONS]);
    for (let number = FIRST; number < FIRST + 8; number++) study.tell(number, 7);
    expect(study.ask(8)).toEqual(Array(8).fill(GENERATIONS));
  });

  it('propose the same trials after a program was started again in the midst of them', () => {
    const study = new Study(make(line, 2, { population: 4 }), line);
    const flat = (count: number): void => {
      for (let i = 0; i < count; i++) study.tell(study.columns.size - count + i, 7);
    };
    for (let number = 0; number < FIRST + 100; number++) {
      study.ask(1);
      flat(1);
    }
    const { columns } = study;
    const again = make(line, 2, { population: 4 });
    for (const number of [FIRST + 99, 3, FIRST, FIRST + 1]) {
      for (const sampler of [make(line, 2, { population: 4 }), again]) {
        const [proposal] = sampler.propose(number, 1, columns.asynchronousView(number));
        expect(proposal!.params).toEqual(columns.params(number));
      }
    }
  });

  it('do not happen with restarts=none: the distribution that has converged goes on', () => {
    const study = new Study(make(line, 4, { population: 4, sigma: 0.05, restarts: 'none' }), line);
    const generations: number[] = [];
    for (let number = 0; number < 2 * FIRST; number++) {
      generations.push(...study.ask(1));
      study.tell(number, 7);
    }
    // A population of 8 would take 15 generations in place of these 19.
    expect(Math.max(...generations)).toBe(2 * GENERATIONS - 1);
  });

  it('with restarts=bipop propose the same trials after a program was started again', () => {
    const settings = { population: 4, restarts: 'bipop' };
    const study = new Study(make(line, 2, settings), line);
    const trials = 900;
    for (let number = 0; number < trials; number++) {
      study.ask(1);
      study.tell(number, 7);
    }
    const again = make(line, 2, settings);
    for (const number of [trials - 1, 3, 250, 251, 500, trials - 1]) {
      const [proposal] = again.propose(number, 1, study.columns.asynchronousView(number));
      expect(proposal!.params).toEqual(study.columns.params(number));
    }
  });

  it('find the lower one of two valleys, where the first search ended in the other', () => {
    const valleys = (x: number): number =>
      Math.min(0.1 + 4 * (x - 0.2) ** 2, 100 * Math.max(0, Math.abs(x - 0.93) - 0.01) ** 2);
    const best = (trials: number, seed: number): number => {
      const study = new Study(make(line, seed, { sigma: 0.05 }), line);
      let least = Infinity;
      for (let number = 0; number < trials; number++) {
        study.ask(1);
        const value = valleys(study.columns.params(number)![0]!);
        least = Math.min(least, value);
        study.tell(number, value);
      }
      return least;
    };
    const found = Array.from({ length: 8 }, (_, seed) => [best(150, seed), best(1500, seed)]);
    expect(found.filter(([early]) => early! > 0.09).length).toBeGreaterThan(4);
    expect(found.filter(([, late]) => late! < 0.01).length).toBeGreaterThan(5);
  });
});

describe('Sampler cma-es: ranks', () => {
  const strategy = strategyOf({ continuous: 2, ladders: [], choices: [3] }, 6);
  const initial = initialDistribution(strategy, [0.2, 0.2]);
  const samples: readonly Evaluated[] = Array.from({ length: 6 }, (_, i) => ({
    raw: Float64Array.of(0.1 * i, 0.9 - 0.13 * i),
    chosen: Float64Array.of(i % 3),
    loss: i,
    isPruned: false,
  }));
  const meanAfter = (changes: Readonly<Record<number, Partial<Evaluated>>>): Float64Array =>
    nextDistribution(
      strategy,
      initial,
      samples.map((sample, i) => ({ ...sample, ...changes[i] })),
    ).gaussian.mean;
  const worst = { loss: 1e6 };

  it('counts a failed trial as the worst', () => {
    expect(meanAfter({ 0: { loss: Infinity } })).toEqual(meanAfter({ 0: worst }));
  });

  it('counts a pruned trial as worse than complete ones, whatever its value', () => {
    expect(meanAfter({ 0: { isPruned: true } })).toEqual(meanAfter({ 0: worst }));
    expect(meanAfter({ 0: { isPruned: true } })).not.toEqual(meanAfter({}));
  });

  it('counts a pruned trial as better than a failed one', () => {
    const changes = { 3: { loss: Infinity }, 4: { isPruned: true, loss: 1e9 }, 5: { loss: 3 } };
    const order = { 3: { loss: 1e9 }, 4: { loss: 1e6 }, 5: { loss: 3 } };
    expect(meanAfter(changes)).toEqual(meanAfter(order));
  });

  it('leaves the mean of a parameter alone where it is inactive in every sample', () => {
    const masked = samples.map((sample) => ({
      ...sample,
      raw: Float64Array.of(sample.raw[0]!, NaN),
      chosen: Float64Array.of(NaN),
    }));
    const { gaussian, categorical } = nextDistribution(strategy, initial, masked);
    expect(gaussian.mean[0]).not.toBe(0.5);
    expect(gaussian.mean[1]).toBe(0.5);
    expect(categorical).toEqual(initial.categorical);
  });
});

describe('Sampler cma-es: distribution', () => {
  it('stays finite, and keeps the margin of every choice, for any values', () => {
    const losses = fc.array(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constant(Infinity),
        fc.constant(0),
      ),
      { minLength: 48, maxLength: 48 },
    );
    const ladder = { cells: 4, position: (cell: number) => cell / 3 };
    const strategy = strategyOf({ continuous: 2, ladders: [ladder, ladder], choices: [2, 5] }, 6);
    const unit = fc.double({ min: -2, max: 3, noNaN: true });
    const raw = fc.array(fc.array(unit, { minLength: 4, maxLength: 4 }), {
      minLength: 48,
      maxLength: 48,
    });
    fc.assert(
      fc.property(losses, raw, (values, rows) => {
        let state = initialDistribution(strategy, [0.2, 0.2, 0.2, 0.2]);
        for (let first = 0; first < 48; first += 6)
          state = nextDistribution(
            strategy,
            state,
            Array.from({ length: 6 }, (_, i) => ({
              raw: Float64Array.from(rows[first + i]!),
              chosen: Float64Array.of(i % 2, (first + i) % 5),
              loss: values[first + i]!,
              isPruned: i === 2,
            })),
          );
        const { mean, covariance, root, inverseRoot, scale, sigma } = state.gaussian;
        for (const numbers of [mean, covariance, root, inverseRoot, scale, [sigma]])
          expect([...numbers].every(Number.isFinite)).toBe(true);
        for (const row of state.categorical.probabilities) {
          expect(row.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
          for (const each of row)
            expect(each).toBeGreaterThanOrEqual(strategy.margin / (row.length - 1) - 1e-12);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('Sampler cma-es: search', () => {
  const bestOf = (
    space: SearchSpace,
    objective: (params: Float64Array) => number,
    seed: number,
    trials: number,
  ): number => {
    const world = { trials, workers: 2, seed, objective };
    const { columns } = playStudy(make(space, seed), space, world);
    return columns.value(columns.best(1)[0]!);
  };

  it('follows a narrow valley across the axes', () => {
    const space: SearchSpace = Object.fromEntries(
      Array.from({ length: 4 }, (_, i) => [`x${i}`, { type: 'float', low: -5, high: 5 }]),
    );
    // The variances along the valley and across it differ by 10⁴.
    const valley = (x: Float64Array): number =>
      x.reduce((sum, each, i) => sum + 100 ** (i / 3) * (each + x[(i + 1) % 4]! / 2 - 1) ** 2, 0);
    for (const seed of [1, 2, 3]) expect(bestOf(space, valley, seed, 500)).toBeLessThan(0.01);
  });

  it('finds the optimum of ordinals and categoricals', () => {
    const space: SearchSpace = {
      layers: { type: 'int', low: 1, high: 12 },
      units: { type: 'int', low: 8, high: 1024, log: true },
      rate: { type: 'float', low: 1e-5, high: 1, log: true },
      kind: { type: 'categorical', choices: ['a', 'b', 'c', 'd'] },
    };
    const objective = ([layers, units, rate, kind]: Float64Array): number =>
      Math.abs(layers! - 12) +
      Math.abs(Math.log(units! / 64)) +
      Math.log(rate! / 1e-2) ** 2 +
      2 * Math.abs(kind! - 2);
    for (const seed of [1, 2, 3]) expect(bestOf(space, objective, seed, 300)).toBeLessThan(0.05);
  });

  it('finds the optimum behind a condition', () => {
    const space: SearchSpace = {
      kind: { type: 'categorical', choices: ['plain', 'momentum'] },
      momentum: { type: 'float', low: 0, high: 1, when: { kind: ['momentum'] } },
      rate: { type: 'float', low: 0, high: 1 },
    };
    const objective = ([kind, momentum, rate]: Float64Array): number =>
      (kind === 0 ? 0.3 : (momentum! - 0.9) ** 2) + (rate! - 0.2) ** 2;
    for (const seed of [1, 2, 3]) expect(bestOf(space, objective, seed, 200)).toBeLessThan(0.01);
  });
});

describe('Sampler cma-es: settings', () => {
  it('refuses restarts that it does not know, with the nearest word', () => {
    expect(checkSampler({ name: 'cma-es', restarts: 'bipo' }, square)).toEqual([
      {
        code: 'illegal-setting',
        path: 'sampler.restarts',
        expected: 'one of ipop, bipop, none',
        found: '"bipo"',
        hint: expect.stringContaining('bipop') as string,
      },
    ]);
    expect(checkSampler({ name: 'cma-es', restarts: 2 }, square)).toHaveLength(1);
    expect(checkSampler({ name: 'cma-es', restarts: 'bipop' }, square)).toEqual([]);
  });

  it('refuses a population below 4 and a standard deviation above the range', () => {
    const problems = checkSampler({ name: 'cma-es', population: 3, sigma: 2 }, square);
    expect(problems.map(({ path, expected }) => `${path}: ${expected}`)).toEqual([
      'sampler.population: an integer from 4 to 10000',
      'sampler.sigma: a number from 0.000001 to 1',
    ]);
  });

  it('refuses more than 100 numeric parameters, and any number of categoricals', () => {
    const spaceOf = (numbers: number): SearchSpace =>
      Object.fromEntries(
        Array.from({ length: 2 * numbers }, (_, i) => [
          `p${i}`,
          i % 2 === 0
            ? ({ type: 'int', low: 0, high: 9 } as const)
            : ({ type: 'categorical', choices: ['a', 'b', 'c'] } as const),
        ]),
      );
    expect(checkSampler({ name: 'cma-es' }, spaceOf(100))).toEqual([]);
    expect(checkSampler({ name: 'cma-es' }, spaceOf(101))).toMatchObject([
      { path: 'sampler', found: '101', hint: expect.stringContaining('evolution') as string },
    ]);
  });
});
