/**
 * How long trials take on lanes of each kind, with how little is known of it: every draw is another
 * model that what was seen allows, so that few trials make a wide spread of answers.
 *
 * - A kind of which enough have ended goes by them and by those that run: a smoothed bootstrap
 *   sample a draw (Silverman & Young, Biometrika 74, 1987), as the longest to come is hardly the
 *   longest seen.
 * - A kind of which fewer have ended – a card that has just joined – takes the others' spread
 *   around their mean, times a factor drawn from what its few ends and its running trials make
 *   likely: log-normal, on a grid of factors.
 */
import { erf, exp, log } from '../elementary.ts';
import type { Stream } from '../random.ts';
import { Survival } from './survival.ts';
import type { Observed } from './survival.ts';

/** A place where one trial at a time can run. */
export interface LaneNow {
  /** Lanes of a kind (a device's name, say) are equally fast. */
  readonly kind: string;
  /** How long its trial has run; null: it has none. */
  readonly elapsedMs: number | null;
}

/** What an ended trial took of a lane. */
export interface Duration {
  readonly kind: string;
  readonly ms: number;
}

/** So many ends of a kind tell enough. */
const ENOUGH = 5;
/** Only the latest count: what is trained changes as a search goes on. */
const LATEST = 64;
/**
 * ln of the factors between kinds that are thought of, and how far from 1 they are likely to be.
 */
const FACTORS = Array.from({ length: 61 }, (_, i) => (i - 30) / 8);
const LIKELY = 1.1;
/** Width of the smoothing over the spread, for one observation (Silverman 1986). */
const SMOOTHING = 0.9;
/** Of ln duration: no spread is taken for smaller. */
const SMALLEST_SPREAD = 0.2;

export class DurationModel {
  /** Of kinds that go by their own. */
  readonly #own = new Map<string, Seen>();
  /** Of the others: the chance of each factor, added up. */
  readonly #chances = new Map<string, readonly number[]>();
  /**
   * What the others scale: durations of the kinds that are known, over their kind's mean, times the
   * mean of these.
   */
  readonly #common: readonly number[];
  readonly #commonWidth: number;

  /**
   * @param lanes of which kinds there are
   * @param durations oldest first; one at least
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

  /** A model by kind, as likely as any other. */
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
 * What a kind's trials took, and how far one is spread over its neighbours: of ln duration, so that
 * a common factor changes nothing.
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

/** Several kinds' durations on one scale. */
function commonOf(kinds: readonly (readonly number[])[]): readonly number[] {
  const means = kinds.map((seen) => exp(mean(seen.map(log))));
  const overall = exp(mean(means.map(log)));
  return kinds.flatMap((seen, i) => seen.map((ms) => (ms / (means[i] ?? 1)) * overall));
}

/** How likely each of `FACTORS` is or a smaller one. */
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
