/**
 * What chance decides in a simulation, drawn by (seed, trial, attempt): how long an attempt takes
 * and how it goes wrong. Same seed, same fates, whatever the order of events.
 */
import { exp, log } from '../elementary.ts';
import { PURPOSE, Stream } from '../random.ts';
import type { AttemptId } from '../scheduling/index.ts';

/** Milliseconds: always the same, or lognormal, `median · exp(sigma · N)`. */
export type Duration = number | { readonly median: number; readonly sigma: number };

/** Shares of attempts, 0 … 1; together at most 1. */
export interface FailureRates {
  /** The objective throws. */
  readonly crash: number;
  /** The worker is killed meanwhile. */
  readonly loss: number;
  /** The worker stands still meanwhile, for `stallMs`. */
  readonly stall: number;
  /** The loss is not a number. */
  readonly diverge: number;
  /** Memory runs out. */
  readonly memory: number;
}

export type Fate = 'value' | keyof FailureRates;

/** Ordinals of the streams of one attempt. */
const DURATION = 0;
const FATE = 1;
const MESSAGE = 2;

/** Of a trial, whatever the attempt: a repeated attempt is the same computation. */
export function durationOf(seed: number, duration: Duration, { number }: AttemptId): number {
  if (typeof duration === 'number') return duration;
  const stream = new Stream(seed, {
    purpose: PURPOSE.simulation,
    ordinal: DURATION,
    trial: number + 1,
  });
  return duration.median * exp(duration.sigma * stream.normal());
}

/** What happens to an attempt, and after which share of its duration. */
export function fateOf(
  seed: number,
  rates: FailureRates,
  { number, k }: AttemptId,
): { readonly fate: Fate; readonly share: number } {
  const stream = new Stream(seed, {
    purpose: PURPOSE.simulation,
    ordinal: FATE,
    trial: number + 1,
    round: k,
  });
  let left = stream.uniform();
  const share = stream.uniform();
  for (const fate of ['crash', 'loss', 'stall', 'diverge', 'memory'] as const) {
    left -= rates[fate];
    if (left < 0) return { fate, share: fate === 'diverge' ? 1 : share };
  }
  return { fate: 'value', share: 1 };
}

/** Draws for messages and kills, one after another. */
export function messageStream(seed: number): Stream {
  return new Stream(seed, { purpose: PURPOSE.simulation, ordinal: MESSAGE });
}

/** Exponential with this mean, from a uniform draw; ∞ where the mean is. */
export function exponential(mean: number, uniform: number): number {
  return mean === Infinity ? Infinity : -mean * log(1 - uniform);
}
