/**
 * Confirmation: the best configurations trained again on fresh seeds, with the mean of each and a
 * significance test of the first two. The values that selected the configurations are excluded,
 * because selection biases them upwards.
 */
import type { Direction } from '../study/direction.ts';
import { tCritical, tTwoSided } from './student-t.ts';

export interface Configuration {
  /** Number of the trial that has this configuration. */
  readonly trial: number;
  /**
   * One value per seed, with the same order of seeds in every configuration. Null: not finished;
   * not finite: diverged.
   */
  readonly values: readonly (number | null)[];
}

export interface Confirmed {
  readonly trial: number;
  /** Number of finite values. */
  readonly count: number;
  readonly diverged: number;
  /** Mean of the finite values; null if there are none. */
  readonly mean: number | null;
  /** 95 % confidence interval of the mean (Student's t); null for fewer than two values. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

export interface Confirmation {
  /**
   * Best first: those that never diverged, by mean; then those that did; then those without a
   * value.
   */
  readonly configurations: readonly Confirmed[];
  /**
   * Two-sided p-value of the paired t-test between the first two over the seeds that both have. (A
   * rank test could not fall below 0.06 with five seeds.) Null for fewer than two such seeds.
   */
  readonly p: number | null;
  /** True if p < 0.05; null where p is null. */
  readonly toldApart: boolean | null;
}

const LEVEL = 0.05;

export function confirmationOf(
  configurations: readonly Configuration[],
  direction: Direction,
): Confirmation {
  const sign = direction === 'maximize' ? -1 : 1;
  const order = configurations
    .map((configuration) => ({ configuration, confirmed: confirmed(configuration) }))
    .sort(
      (a, b) =>
        rankOf(a.confirmed) - rankOf(b.confirmed) || compareMeans(a.confirmed, b.confirmed, sign),
    );
  const [first, second] = order;
  const p =
    first === undefined || second === undefined
      ? null
      : pairedP(first.configuration.values, second.configuration.values);
  return {
    configurations: order.map((one) => one.confirmed),
    p,
    toldApart: p === null ? null : p < LEVEL,
  };
}

function confirmed({ trial, values }: Configuration): Confirmed {
  const ended = values.filter((value) => value !== null);
  const finite = ended.filter(Number.isFinite);
  const { mean, deviation } = momentsOf(finite);
  const half =
    finite.length < 2
      ? null
      : (tCritical(LEVEL, finite.length - 1) * deviation) / Math.sqrt(finite.length);
  return {
    trial,
    count: finite.length,
    diverged: ended.length - finite.length,
    mean: finite.length === 0 ? null : mean,
    interval: half === null ? null : { low: mean - half, high: mean + half },
  };
}

function rankOf({ mean, diverged }: Confirmed): number {
  return mean === null ? 2 : diverged > 0 ? 1 : 0;
}

function compareMeans(a: Confirmed, b: Confirmed, sign: number): number {
  return sign * ((a.mean ?? 0) - (b.mean ?? 0)) || a.trial - b.trial;
}

/**
 * Two-sided p-value of the paired t-test.
 * @returns null if fewer than two seeds have a finite value in both
 */
export function pairedP(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): number | null {
  const differences: number[] = [];
  for (const [seed, value] of a.entries()) {
    const difference = value === null ? NaN : value - (b[seed] ?? NaN);
    if (Number.isFinite(difference)) differences.push(difference);
  }
  if (differences.length < 2) return null;
  const { mean, deviation } = momentsOf(differences);
  if (deviation === 0) return mean === 0 ? 1 : 0;
  return tTwoSided((mean / deviation) * Math.sqrt(differences.length), differences.length - 1);
}

function momentsOf(numbers: readonly number[]): {
  readonly mean: number;
  readonly deviation: number;
} {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / Math.max(1, numbers.length);
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, numbers.length - 1)) };
}
