/**
 * Random events of a simulation, drawn by (seed, trial, attempt): durations and failures of
 * attempts. The same seed gives the same events, whatever their order.
 */
import { exp, log } from '../elementary.ts';
import { PURPOSE, Stream } from '../random.ts';
import type { AttemptId } from '../scheduling/index.ts';

/** Milliseconds: constant, or lognormal, `median · exp(sigma · N)`. */
export type Duration = number | { readonly median: number; readonly sigma: number };

/** Shares of attempts, 0 … 1; together at most 1. */
export interface FailureRates {
  /** The objective throws. */
  readonly crash: number;
  /** The worker is killed meanwhile. */
  readonly loss: number;
  /** The worker's process stands still for `stallMs`. */
  readonly stall: number;
  /** The loss is not a number. */
  readonly diverge: number;
  /** Memory runs out. */
  readonly memory: number;
}

export type Fate = 'value' | keyof FailureRates;

/** Stream indices of one attempt's random draws. */
const DURATION = 0;
const FATE = 1;
const MESSAGE = 2;

/**
 * Duration of a trial, the same for all its attempts: a repeated attempt is the same computation.
 */
export function durationOf(seed: number, duration: Duration, { number }: AttemptId): number {
  if (typeof duration === 'number') return duration;
  const stream = new Stream(seed, {
    purpose: PURPOSE.simulation,
    ordinal: DURATION,
    trial: number + 1,
  });
  return duration.median * exp(duration.sigma * stream.normal());
}

/** Returns the failure of an attempt, and after which share of its duration it happens. */
export function fateOf(
  seed: number,
  rates: FailureRates,
  { number, attemptNumber }: AttemptId,
): { readonly fate: Fate; readonly share: number } {
  const stream = new Stream(seed, {
    purpose: PURPOSE.simulation,
    ordinal: FATE,
    trial: number + 1,
    round: attemptNumber,
  });
  let left = stream.uniform();
  const share = stream.uniform();
  for (const fate of ['crash', 'loss', 'stall', 'diverge', 'memory'] as const) {
    left -= rates[fate];
    if (left < 0) return { fate, share: fate === 'diverge' ? 1 : share };
  }
  return { fate: 'value', share: 1 };
}

/** Random stream for messages and kills. */
export function messageStream(seed: number): Stream {
  return new Stream(seed, { purpose: PURPOSE.simulation, ordinal: MESSAGE });
}

/**
 * Draws from the exponential distribution with this mean, given a uniform draw; ∞ if the mean is.
 */
export function exponential(mean: number, uniform: number): number {
  return mean === Infinity ? Infinity : -mean * log(1 - uniform);
}
