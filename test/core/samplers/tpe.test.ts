import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { goodCount, GoodTrials } from '../../../src/core/samplers/tpe/good-trials.ts';
import { groupsOf } from '../../../src/core/samplers/tpe/groups.ts';
import { logGaussianMass } from '../../../src/core/samplers/tpe/gaussian-mass.ts';
import { NumericKernels } from '../../../src/core/samplers/tpe/numeric-kernels.ts';
import {
  componentWeight,
  ParzenEstimator,
} from '../../../src/core/samplers/tpe/parzen-estimator.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { Direction } from '../../../src/core/study/direction.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

interface RecordedEstimator {
  readonly space: SearchSpace;
  readonly observed: Readonly<Record<string, readonly number[]>>;
  readonly candidates: Readonly<Record<string, readonly number[]>>;
  /** The prior's is the last. */
  readonly weights: readonly number[];
  readonly sigmas: Readonly<Record<string, readonly number[]>>;
  readonly logDensities: readonly number[];
}

interface RecordedSplit {
  readonly direction: Direction;
  readonly trials: readonly {
    readonly state: 'complete' | 'pruned' | 'running';
    readonly value: number;
    /** Step of its last report; null: it reported nothing. */
    readonly step: number | null;
  }[];
  readonly good: readonly number[];
}

/** Numbers of Optuna 5.0.0, recorded by `bench/peers/tpe-fixture.py`. */
const recorded = JSON.parse(
  readFileSync(new URL('fixtures/tpe.json', import.meta.url), 'utf8'),
) as {
  readonly goodCounts: Readonly<Record<string, number>>;
  readonly estimators: readonly RecordedEstimator[];
  readonly splits: readonly RecordedSplit[];
};

const pointsOf = (
  space: SearchSpace,
  columns: Readonly<Record<string, readonly number[]>>,
): { number: number; params: Float64Array }[] =>
  (Object.values(columns)[0] ?? []).map((_, number) => ({
    number,
    params: Float64Array.from(Object.keys(space), (name) => columns[name]![number]!),
  }));
const expectClose = (found: number, expected: number): void => {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected)));
};

describe("Sampler tpe: Optuna's numbers", () => {
  it.each(Object.entries(recorded.goodCounts))('calls of %s trials %d good', (finished, count) => {
    expect(goodCount(Number(finished))).toBe(count);
  });

  it.each(recorded.splits)(
    'calls the same complete and pruned trials good, $direction',
    ({ direction, trials, good }) => {
      const columns = new TrialColumns({}, direction, { kind: 'all' });
      const origin = { operator: 'uniform', parents: [], generation: 0 };
      for (const number of trials.keys()) columns.proposed(number, new Float64Array(0), 0, origin);
      for (const [number, { state, value, step }] of trials.entries()) {
        if (state === 'running') continue;
        if (step !== null) columns.reports.add(number, step, value);
        // The value that samplers are told of a pruned trial is not the one it reported.
        if (state === 'pruned') columns.end(number, state, 'pruned', 1 - value);
        else columns.end(number, state, 'succeeded', value);
      }
      expect(new GoodTrials().of(columns.asynchronousView(columns.ended))).toEqual(good);
      // A copy in the sampler's thread ranks alike.
      const copy = new TrialColumns({}, direction, { kind: 'all' });
      copy.apply(columns.since({ size: 0, ended: 0 }));
      expect(new GoodTrials().of(copy.asynchronousView(copy.ended))).toEqual(good);
    },
  );

  for (const {
    space,
    observed,
    candidates,
    weights,
    sigmas,
    logDensities,
  } of recorded.estimators) {
    const trials = pointsOf(space, observed);
    const title = `${trials.length} trials of ${Object.keys(space).length} parameters`;
    const estimator = new ParzenEstimator(axesOf(space));
    estimator.build(trials);

    it(`weights ${title} by age`, () => {
      const own = trials.map((_, component) => componentWeight(component, trials.length));
      const sum = own.reduce((total, weight) => total + weight, 1);
      for (const [component, weight] of [...own, 1].entries())
        expectClose(weight / sum, weights[component]!);
    });

    it(`computes the densities at candidates, for ${title}`, () => {
      for (const [place, { params }] of pointsOf(space, candidates).entries())
        expectClose(estimator.logDensity(params), logDensities[place]!);
    });

    it(`sets σ by the distance to neighbours, for ${title}`, () => {
      for (const kernels of estimator.kernels) {
        if (!(kernels instanceof NumericKernels)) continue;
        const expected = sigmas[kernels.axis.name]!;
        for (const [component, sigma] of kernels.sigmas.entries())
          expectClose(sigma, expected[component]!);
      }
    });
  }
});

describe('Sampler tpe: densities', () => {
  const space: SearchSpace = {
    x: { type: 'float', low: 0, high: 1 },
    rate: { type: 'float', low: 1e-4, high: 1, log: true },
    n: { type: 'int', low: 0, high: 9 },
    c: { type: 'categorical', choices: ['a', 'b', 'c'] },
  };
  const axes = axesOf(space);
  const drawn = (count: number): { number: number; params: Float64Array }[] =>
    Array.from({ length: count }, (_, number) => ({
      number,
      params: uniformPoint(axes, new Stream(3, { purpose: PURPOSE.params, trial: number })),
    }));
  const bitsAt = (estimator: ParzenEstimator): number[] =>
    drawn(20).map(({ params }) => estimator.logDensity(params));

  it('has the same bits after changes one by one and after building anew', () => {
    const trials = drawn(160);
    const changed = new ParzenEstimator(axes);
    for (const { number, params } of trials.slice(0, 20)) changed.insert(number, params);
    // Also numbers in descending order, and removals at both ends and in the middle.
    for (const { number, params } of trials.slice(20).reverse()) changed.insert(number, params);
    for (const number of [0, 159, 64, 65, 66, 3]) {
      changed.logDensity(trials[0]!.params);
      changed.remove(number);
    }
    changed.insert(64, trials[64]!.params);
    changed.remove(1000);
    const built = new ParzenEstimator(axes);
    built.build(trials.filter(({ number }) => ![0, 159, 65, 66, 3].includes(number)));
    expect(bitsAt(changed)).toEqual(bitsAt(built));
  });

  it('bounds a density from below with a sample of the components', () => {
    const estimator = new ParzenEstimator(axes);
    estimator.build(drawn(500));
    for (const { params } of drawn(40)) {
      const density = estimator.logDensity(params);
      expect(estimator.logBound(params)).toBeLessThanOrEqual(density);
    }
  });

  it('computes the mass of narrow and far intervals', () => {
    // Values of scipy.stats.norm.
    expectClose(logGaussianMass(-Infinity, -10), -53.23128515051248);
    expectClose(logGaussianMass(10, 12), -53.23128515074561);
    expectClose(logGaussianMass(-1, 1), -0.38171514630212616);
    expectClose(logGaussianMass(3, 3 + 1e-6), -19.23445059116907);
  });

  it('groups parameters that are active together', () => {
    const conditional: SearchSpace = {
      model: { type: 'categorical', choices: ['tree', 'net', 'linear'] },
      rate: { type: 'float', low: 0, high: 1, when: { model: ['net', 'linear'] } },
      depth: { type: 'int', low: 1, high: 9, when: { model: ['tree'] } },
      fixed: { type: 'int', low: 4, high: 4 },
      seed: { type: 'int', low: 1, high: 9 },
      momentum: { type: 'float', low: 0, high: 1, when: { model: ['linear', 'net'] } },
    };
    expect(groupsOf(axesOf(conditional)).map((group) => group.map(({ name }) => name))).toEqual([
      ['model', 'seed'],
      ['rate', 'momentum'],
      ['depth'],
    ]);
  });
});

describe('Sampler tpe: search', () => {
  const sphere: SearchSpace = Object.fromEntries(
    Array.from({ length: 4 }, (_, i) => [`x${i}`, { type: 'float', low: -5, high: 5 } as const]),
  );
  const bestOf = (name: string, seed: number): number => {
    const sampler = createSampler({ name }, sphere, 'minimize', seed);
    const { columns } = playStudy(sampler, sphere, { trials: 100, workers: 4, seed });
    return columns.value(columns.best(1)[0]!);
  };

  it('draws uniformly until ten trials ended, then from the densities', () => {
    const sampler = createSampler({ name: 'tpe' }, sphere, 'minimize', 1);
    const { columns, proposals } = playStudy(sampler, sphere, { trials: 40, workers: 4, seed: 1 });
    for (const [number, { origin }] of proposals.entries())
      expect(origin.operator).toBe(columns.historyLength(number) < 10 ? 'uniform' : 'tpe');
  });

  it('finds better points than random draws', () => {
    const seeds = [1, 2, 3, 4, 5, 6];
    const wins = seeds.filter((seed) => bestOf('tpe', seed) < bestOf('random', seed));
    expect(wins).toEqual(seeds);
  });
});
