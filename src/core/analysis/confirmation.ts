/**
 * The best few configurations trained again on fresh seeds: what each is worth, and whether the
 * first two can be told apart. The values they were chosen by are not among these: having been
 * chosen for them, they flatter.
 */
import type { Direction } from '../study/direction.ts';
import { tCritical, tTwoSided } from './student-t.ts';

export interface Configuration {
  /** The trial it comes from. */
  readonly trial: number;
  /**
   * One a seed, the same seed at the same place in every configuration; null: has not ended; not
   * finite: diverged.
   */
  readonly values: readonly (number | null)[];
}

export interface Confirmed {
  readonly trial: number;
  /** Finite values. */
  readonly count: number;
  readonly diverged: number;
  /** Of the finite values; null: there is none. */
  readonly mean: number | null;
  /** The mean's 95 % interval, by Student's t; null: fewer than two values. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

export interface Confirmation {
  /**
   * The best first: those that never diverged, by mean, then those that did; without a value last.
   */
  readonly configurations: readonly Confirmed[];
  /**
   * The chance of a difference as large between the first two if they were equally good: the paired
   * t-test over the seeds that both have, two-sided. (A rank test could not fall below 0.06 with
   * five seeds.) Null: fewer than two such seeds.
   */
  readonly p: number | null;
  /** Whether p < 0.05; null where p is. */
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

/** @returns null: fewer than two seeds with a finite value in both */
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
