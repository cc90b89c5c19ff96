/**
 * Statistics of regrets on problems in families: means of families, averaged with equal weight, and
 * bootstrap intervals. Problems are resampled within their family, seeds within their problem.
 */
import { at } from '../src/core/at.ts';
import { PURPOSE, Stream } from '../src/core/random.ts';
import { mean } from './statistics.ts';
import type { Interval } from './statistics.ts';

/** Regrets of one sampler on one problem, by seed. */
export interface ProblemRegrets {
  readonly problem: string;
  readonly family: string;
  readonly regrets: ReadonlyMap<number, number>;
}

export interface FamilyMean {
  readonly families: ReadonlyMap<string, number>;
  readonly mean: number;
  /** 95 %, over seeds. */
  readonly within: Interval;
  /** Smallest number of seeds of a problem. */
  readonly seeds: number;
}

export interface FamilyDifference {
  /** Mean of the first sampler's regrets less the second's. */
  readonly mean: number;
  /** 95 %, over problems and seeds. */
  readonly within: Interval;
  /** Share of the pairs in which the first sampler's regret is smaller; ties count half. */
  readonly winRate: number;
  readonly pairs: number;
}

const RESAMPLES = 2000;

type Values = readonly { readonly family: string; readonly values: readonly number[] }[];

export function familyMean(all: readonly ProblemRegrets[]): FamilyMean {
  const values = all.map(({ family, regrets }) => ({ family, values: [...regrets.values()] }));
  const families = meansOf(values);
  return {
    families,
    mean: mean([...families.values()]),
    within: bootstrap(values, false),
    seeds: Math.min(...values.map((each) => each.values.length)),
  };
}

/** Compares two samplers on the problems and seeds that both have. */
export function familyDifference(
  first: readonly ProblemRegrets[],
  second: readonly ProblemRegrets[],
): FamilyDifference {
  const differences = first.flatMap(({ problem, family, regrets }) => {
    const other = second.find((each) => each.problem === problem)?.regrets;
    const values = [...regrets].flatMap(([seed, regret]) => {
      const paired = other?.get(seed);
      return paired === undefined ? [] : [regret - paired];
    });
    return values.length === 0 ? [] : [{ family, values }];
  });
  const all = differences.flatMap(({ values }) => values);
  const wins =
    all.filter((value) => value < 0).length + all.filter((value) => value === 0).length / 2;
  return {
    mean: mean([...meansOf(differences).values()]),
    within: bootstrap(differences, true),
    winRate: wins / all.length,
    pairs: all.length,
  };
}

function meansOf(values: Values): ReadonlyMap<string, number> {
  return new Map(
    [...byFamily(values)].map(([family, problems]) => [
      family,
      mean(problems.map((problem) => mean(problem.values))),
    ]),
  );
}

function byFamily(values: Values): ReadonlyMap<string, Values> {
  const families = [...new Set(values.map(({ family }) => family))];
  return new Map(families.map((name) => [name, values.filter(({ family }) => family === name)]));
}

function bootstrap(values: Values, overProblems: boolean): Interval {
  const stream = new Stream(1, { purpose: PURPOSE.analysis });
  const pick = <T>(items: readonly T[]): T => at(items, stream.below(items.length));
  const resampled = (items: readonly number[]): number => mean(items.map(() => pick(items)));
  const families = [...byFamily(values).values()];
  const means = Array.from({ length: RESAMPLES }, () =>
    mean(
      families.map((problems) =>
        mean(
          problems.map((problem) => resampled((overProblems ? pick(problems) : problem).values)),
        ),
      ),
    ),
  ).sort((a, b) => a - b);
  return {
    low: at(means, Math.floor(0.025 * RESAMPLES)),
    high: at(means, Math.ceil(0.975 * RESAMPLES) - 1),
  };
}
