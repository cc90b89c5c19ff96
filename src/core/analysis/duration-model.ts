/**
 * Model of trial durations per kind of lane. It includes its own uncertainty: each draw is one
 * model that the observations allow, so few observations give widely spread draws.
 *
 * - A kind with enough finished trials uses its own finished and running trials: each draw is a
 *   smoothed bootstrap sample (Silverman & Young, Biometrika 74, 1987), so that durations beyond
 *   the longest observed one are possible.
 * - A kind with fewer (a device that has just joined) uses the spread of the other kinds, scaled by
 *   a factor that is drawn from its posterior given the few finished and the running trials:
 *   log-normal prior, on a grid of factors.
 */
import { erf, exp, log } from '../elementary.ts';
import type { Stream } from '../random.ts';
import { Survival } from './survival.ts';
import type { Observed } from './survival.ts';

/** A lane: a place that runs one trial at a time. */
export interface LaneNow {
  /** Kind of lane, for example the device's name. Lanes of one kind are equally fast. */
  readonly kind: string;
  /** Time for which its current trial has run; null if it is idle. */
  readonly elapsedMs: number | null;
}

/** Duration of a finished trial on one lane. */
export interface Duration {
  readonly kind: string;
  readonly ms: number;
}

/** Number of finished trials from which a kind uses its own durations. */
const ENOUGH = 5;
/**
 * Number of latest finished trials used. Older ones are ignored because trials change as a search
 * proceeds.
 */
const LATEST = 64;
/** Grid of ln(factor) between kinds, and the standard deviation of the prior around 0. */
const FACTORS = Array.from({ length: 61 }, (_, i) => (i - 30) / 8);
const LIKELY = 1.1;
/** Smoothing bandwidth relative to the spread, for one observation (Silverman 1986). */
const SMOOTHING = 0.9;
/** Lower bound of the spread of ln(duration). */
const SMALLEST_SPREAD = 0.2;

export class DurationModel {
  /** Kinds with enough finished trials of their own. */
  readonly #own = new Map<string, Seen>();
  /** Other kinds: cumulative probability of each factor. */
  readonly #chances = new Map<string, readonly number[]>();
  /**
   * Durations that the other kinds scale: those of the known kinds, each divided by the mean of its
   * kind, times the mean of these means.
   */
  readonly #common: readonly number[];
  readonly #commonWidth: number;

  /**
   * @param lanes determine which kinds exist
   * @param durations oldest first; at least one
   */
  constructor(lanes: readonly LaneNow[], durations: readonly Duration[]) {
    const ended = new Map<string, number[]>();
    for (let i = durations.length - 1; i >= 0; i--) {
      const { kind = '', ms = 0 } = durations[i] ?? {};
      const known = ended.get(kind) ?? [];
      if (known.length < LATEST) known.push(Math.max(1e-6, ms));
      ended.set(kind, known);
    }
    const familiar = [...ended.values()].filter((seen) => seen.length >= ENOUGH);
    this.#common = commonOf(familiar.length > 0 ? familiar : [[...ended.values()].flat()]);
    this.#commonWidth = seenOf(this.#common.map((ms) => ({ ms, ended: true }))).width;
    for (const kind of new Set(lanes.map((lane) => lane.kind))) {
      const seen = (ended.get(kind) ?? []).map((ms): Observed => ({ ms, ended: true }));
      const running = lanes.flatMap((lane): Observed[] =>
        lane.kind === kind && lane.elapsedMs !== null ? [{ ms: lane.elapsedMs, ended: false }] : [],
      );
      const all = [...seen, ...running];
      if (seen.length >= ENOUGH) this.#own.set(kind, seenOf(all));
      else this.#chances.set(kind, chancesOf(all, this.#common));
    }
  }

  /** Draws one model per kind from the posterior. */
  draw(draws: Stream): ReadonlyMap<string, Survival> {
    const survivals = new Map<string, Survival>();
    for (const [kind, seen] of this.#own) survivals.set(kind, new Survival(resampled(seen, draws)));
    for (const [kind, chances] of this.#chances) {
      const u = draws.uniform();
      const factor = exp(FACTORS[chances.findIndex((chance) => chance > u)] ?? 0);
      const common = this.#common.map((ms): Observed => ({ ms: ms * factor, ended: true }));
      survivals.set(
        kind,
        new Survival(resampled({ all: common, width: this.#commonWidth }, draws)),
      );
    }
    return survivals;
  }
}

/**
 * Observations of a kind and the smoothing bandwidth, in ln(duration), so that a common factor
 * changes nothing.
 */
interface Seen {
  readonly all: readonly Observed[];
  readonly width: number;
}

function seenOf(all: readonly Observed[]): Seen {
  const logs = all.filter(({ ended }) => ended).map(({ ms }) => log(ms));
  return { all, width: SMOOTHING * all.length ** -0.2 * spreadOf(logs) };
}

function resampled({ all: seen, width }: Seen, draws: Stream): readonly Observed[] {
  const sample = seen.map(({ ms, ended }) => {
    const one = seen[draws.below(seen.length)] ?? { ms, ended };
    return one.ended && width > 0 ? { ms: one.ms * exp(width * draws.normal()), ended: true } : one;
  });
  return sample.some(({ ended }) => ended) ? sample : seen;
}

/** Durations of several kinds on one scale. */
function commonOf(kinds: readonly (readonly number[])[]): readonly number[] {
  const means = kinds.map((seen) => exp(mean(seen.map(log))));
  const overall = exp(mean(means.map(log)));
  return kinds.flatMap((seen, i) => seen.map((ms) => (ms / (means[i] ?? 1)) * overall));
}

/** Cumulative probability of `FACTORS`, given the observations. */
function chancesOf(seen: readonly Observed[], common: readonly number[]): readonly number[] {
  const logs = common.map(log);
  const centre = mean(logs);
  const spread = Math.max(SMALLEST_SPREAD, spreadOf(logs));
  const likelihoods = FACTORS.map((factor) => {
    let sum = -((factor / LIKELY) ** 2) / 2;
    for (const { ms, ended } of seen) {
      const z = (log(Math.max(1e-6, ms)) - centre - factor) / spread;
      sum += ended ? (-z * z) / 2 : log(Math.max(1e-12, (1 - erf(z / Math.SQRT2)) / 2));
    }
    return sum;
  });
  const most = Math.max(...likelihoods);
  const shares = likelihoods.map((x) => exp(x - most));
  const all = shares.reduce((sum, x) => sum + x, 0);
  let sum = 0;
  return shares.map((share) => (sum += share / all));
}

function spreadOf(numbers: readonly number[]): number {
  const centre = mean(numbers);
  return Math.sqrt(mean(numbers.map((x) => (x - centre) ** 2)));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / Math.max(1, numbers.length);
}
