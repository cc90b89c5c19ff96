/**
 * Remaining time of a study as a 90 % prediction interval, valid while workers and trials stay the
 * same. Monte Carlo simulation: durations are drawn from the observed ones (`duration-model.ts`),
 * trials start on the first free lane, and a generation waits for its last trial. Deterministic:
 * equal workloads give equal intervals.
 */
import { PURPOSE, Stream } from '../random.ts';
import { Heap } from '../scheduling/heap.ts';
import { DurationModel } from './duration-model.ts';
import type { Duration, LaneNow } from './duration-model.ts';
import type { Survival } from './survival.ts';

export interface Workload {
  /** Number of trials not yet running, proposed or not; null if the study has no such limit. */
  readonly unstarted: number | null;
  readonly lanes: readonly LaneNow[];
  /**
   * Durations of ended trials with any outcome, oldest first; only the latest of each kind are
   * used.
   */
  readonly durations: readonly Duration[];
  /**
   * Births per generation and number of the current generation's trials that are not running yet;
   * null for asynchronous samplers.
   */
  readonly generation: { readonly size: number; readonly unstarted: number } | null;
  /** Running time until the time limit; null if there is no such limit. */
  readonly limitMs: number | null;
  /** True if a target may end the study sooner. */
  readonly target: boolean;
}

/**
 * `too-few`: at least `needed` trials must have ended. `target-only`: only the target ends the
 * study.
 */
export type TimeLeft =
  | {
      readonly known: true;
      readonly lowMs: number;
      readonly highMs: number;
      readonly mayEndSooner: boolean;
    }
  | {
      readonly known: false;
      readonly reason: 'too-few' | 'no-limit' | 'target-only' | 'no-worker';
      readonly needed: number | null;
    };

/** Minimum number of ended trials for an estimate. */
const NEEDED = 5;
/**
 * Total number of drawn durations, which determines the number of simulations (within bounds);
 * several simulations share one duration model.
 */
const DRAWS = 30_000;
const [FEWEST_PLAYS, MOST_PLAYS] = [40, 120];
const PLAYS_A_MODEL = 3;
/**
 * Quantiles of the interval, slightly wider than 90 %: with few observations the draws
 * underestimate the spread.
 */
const [LOW, HIGH] = [0.035, 0.965];
/**
 * Number of final trials that are simulated individually: a base and a number per lane. Earlier
 * ones are aggregated.
 */
const PLAYED = 60;
const PLAYED_PER_LANE = 3;
/** Number of generations that are simulated individually. */
const PLAYED_GENERATIONS = 20;

export function timeLeft(work: Workload): TimeLeft {
  return timeLeftAtOnce(work) ?? playedTimeLeft(work, work.unstarted ?? 0);
}

/** Returns the answer if it needs no simulation, otherwise null. */
export function timeLeftAtOnce({
  unstarted,
  lanes,
  durations,
  limitMs,
  target,
}: Workload): TimeLeft | null {
  const unknown = (
    reason: Extract<TimeLeft, { known: false }>['reason'],
    needed: number | null = null,
  ): TimeLeft => ({
    known: false,
    reason,
    needed,
  });
  if (unstarted === null) {
    if (limitMs !== null)
      return { known: true, lowMs: limitMs, highMs: limitMs, mayEndSooner: target };
    return unknown(target ? 'target-only' : 'no-limit');
  }
  if (unstarted === 0 && lanes.every(({ elapsedMs }) => elapsedMs === null)) {
    return { known: true, lowMs: 0, highMs: 0, mayEndSooner: target };
  }
  if (lanes.length === 0) return unknown('no-worker');
  if (durations.length < NEEDED) return unknown('too-few', NEEDED);
  return null;
}

function playedTimeLeft(work: Workload, unstarted: number): TimeLeft {
  const { lanes, durations, limitMs, target } = work;
  const model = new DurationModel(lanes, durations);
  const each = lanes.length + Math.min(unstarted, PLAYED + PLAYED_PER_LANE * lanes.length);
  const plays = Math.max(FEWEST_PLAYS, Math.min(MOST_PLAYS, Math.round(DRAWS / each)));
  const times = new Float64Array(plays);
  const draws = new Stream(0, { purpose: PURPOSE.analysis, trial: 1 });
  let survivals = model.draw(draws);
  for (let play = 0; play < plays; play++) {
    if (play > 0 && play % PLAYS_A_MODEL === 0) survivals = model.draw(draws);
    times[play] = playOut(work, unstarted, survivals, draws);
  }
  times.sort();
  const most = limitMs ?? Infinity;
  const at = (place: number): number => Math.min(times[place] ?? 0, most);
  return {
    known: true,
    lowMs: at(Math.floor(LOW * plays)),
    highMs: at(Math.ceil(HIGH * plays) - 1),
    mayEndSooner: target,
  };
}

interface LaneThen {
  readonly survival: Survival;
  freeAt: number;
}

/**
 * Simulates one possible remainder of the study.
 * @returns time from now until its last trial ends
 */
function playOut(
  { lanes, generation }: Workload,
  unstarted: number,
  survivals: ReadonlyMap<string, Survival>,
  draws: Stream,
): number {
  const then = lanes.flatMap(({ kind, elapsedMs }): LaneThen[] => {
    const survival = survivals.get(kind);
    if (survival === undefined) return [];
    return [
      { survival, freeAt: elapsedMs === null ? 0 : survival.rest(elapsedMs, draws.uniform()) },
    ];
  });
  if (generation === null) return playAsynchronous(then, unstarted, draws);
  return playGenerations(then, unstarted, generation, draws);
}

/**
 * Simulates an asynchronous sampler. All but the last trials only shift the time at which the
 * individually simulated ones start.
 */
function playAsynchronous(lanes: readonly LaneThen[], trials: number, draws: Stream): number {
  const played = Math.min(trials, PLAYED + PLAYED_PER_LANE * lanes.length);
  const before = trials - played;
  if (before > 0) {
    // Parallel renewal processes: the number of completions in a time is approximately normal (Cox,
    // Renewal Theory, 1962, 3.3).
    let [rate, spread] = [0, 0];
    for (const { survival } of lanes) {
      const mean = Math.max(1e-9, survival.mean);
      rate += 1 / mean;
      spread += survival.variance / mean ** 3;
    }
    const ms = before / rate;
    const shift = Math.max(0, ms + (Math.sqrt(ms * spread) / rate) * draws.normal());
    for (const lane of lanes) lane.freeAt += shift;
  }
  return run(lanes, played, draws);
}

function playGenerations(
  lanes: readonly LaneThen[],
  trials: number,
  { size, unstarted }: { readonly size: number; readonly unstarted: number },
  draws: Stream,
): number {
  let left = trials;
  let now = 0;
  const lengths: number[] = [];
  const play = (count: number): void => {
    const end = run(lanes, count, draws);
    for (const lane of lanes) lane.freeAt = end;
    lengths.push(end - now);
    now = end;
    left -= count;
  };
  play(Math.min(left, unstarted));
  lengths.length = 0;
  while (left > 0 && lengths.length < PLAYED_GENERATIONS) play(Math.min(left, size));
  if (left === 0) return now;
  const generations = left / size;
  const mean = lengths.reduce((sum, ms) => sum + ms, 0) / lengths.length;
  const variance = lengths.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / (lengths.length - 1);
  return Math.max(
    now,
    now + generations * mean + Math.sqrt(generations * variance) * draws.normal(),
  );
}

/**
 * Assigns trials to lanes as they become free.
 * @returns time at which the last lane is free
 */
function run(lanes: readonly LaneThen[], trials: number, draws: Stream): number {
  const free = new Heap<LaneThen>((a, b) => a.freeAt < b.freeAt);
  for (const lane of lanes) free.push(lane);
  for (let i = 0; i < trials; i++) {
    const lane = free.pop();
    if (lane === undefined) break;
    lane.freeAt += lane.survival.at(draws.uniform());
    free.push(lane);
  }
  return lanes.reduce((latest, { freeAt }) => Math.max(latest, freeAt), 0);
}
