/**
 * How long a study will still take, as an interval that holds the truth nine times in ten while
 * workers and trials stay as they are. The rest of the study is played out many times: durations
 * are drawn from what was seen (`duration-model.ts`), trials go to whichever lane is free first, a
 * generation waits for its last. Deterministic: the same workload has the same answer.
 */
import { PURPOSE, Stream } from '../random.ts';
import { Heap } from '../scheduling/heap.ts';
import { DurationModel } from './duration-model.ts';
import type { Duration, LaneNow } from './duration-model.ts';
import type { Survival } from './survival.ts';

export interface Workload {
  /** Wanted trials that do not run yet, whether or not they are born; null: without end. */
  readonly unstarted: number | null;
  readonly lanes: readonly LaneNow[];
  /**
   * How long ended trials took, whatever they came to, oldest first; the latest few of each kind
   * count.
   */
  readonly durations: readonly Duration[];
  /**
   * Births in a generation, and how many of the present one do not run yet; null: none waits for
   * others.
   */
  readonly generation: { readonly size: number; readonly unstarted: number } | null;
  /** Running time left until a limit of minutes; null: no such limit. */
  readonly limitMs: number | null;
  /** Whether a target may end it sooner. */
  readonly target: boolean;
}

/** `too-few`: `needed` trials must have ended. `target-only`: nothing but the target ends it. */
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

/** So many ended trials before anything is said. */
const NEEDED = 5;
/**
 * Ways the rest is played out: as many as so many draws allow, within bounds; several to a model of
 * the durations.
 */
const DRAWS = 30_000;
const [FEWEST_PLAYS, MOST_PLAYS] = [40, 120];
const PLAYS_A_MODEL = 3;
/**
 * A little wider than nine in ten: with few trials seen, what is drawn from them spreads too
 * little.
 */
const [LOW, HIGH] = [0.035, 0.965];
/** Trials played out one by one: so many, and so many a lane; those before them are summed up. */
const PLAYED = 60;
const PLAYED_PER_LANE = 3;
/** Generations played out one by one. */
const PLAYED_GENERATIONS = 20;

export function timeLeft(work: Workload): TimeLeft {
  return timeLeftAtOnce(work) ?? playedTimeLeft(work, work.unstarted ?? 0);
}

/**
 * The answer where it takes no computation; null where the rest of the study must be played out.
 */
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

/** One possible rest of the study. @returns when its last trial ends, from now */
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

/** The first many only move the moment from which the last ones are played one by one. */
function playAsynchronous(lanes: readonly LaneThen[], trials: number, draws: Stream): number {
  const played = Math.min(trials, PLAYED + PLAYED_PER_LANE * lanes.length);
  const before = trials - played;
  if (before > 0) {
    // Renewal processes side by side: their number of ends in a time is normal (Cox, Renewal
    // Theory, 1962, 3.3).
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

/** Gives trials to lanes as they come free. @returns when the last of all is free */
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
