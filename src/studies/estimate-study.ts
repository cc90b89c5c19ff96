/** Estimates how long a study takes from measured durations of trials, as ranges. */
import { createSampler } from '../core/samplers/create-sampler.ts';
import type { Sampler } from '../core/samplers/sampler.ts';
import { lanesForSearch, trialsForSameResult } from '../core/scheduling/packing.ts';
import { packings } from '../core/study/study-spec.ts';
import type { Packing } from '../core/study/study-spec.ts';
import type { Duration } from '../objectives/objective-kind.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { Estimate } from '../protocol/window/set-up.ts';
import type { MeasuredSpeed, MeasuredStudy } from '../training/estimate/measure-study.ts';

type Range = Estimate['trialMs'];

/** Start of the workers, loading of the dataset and compilation, in milliseconds. */
const START_MS: Range = { low: 400, high: 3_000 };
/**
 * Factor between a measured and a real trial. By CPU time, real epochs of MNIST took 0.77 to 1.04
 * of the measurement; other cores share memory bandwidth and clock rate, and a core may be a
 * hyper-thread.
 */
const BESIDE: Range = { low: 0.75, high: 1.6 };
const LEAST_MS = 0.5;

/** A kind of device that takes part. */
export interface Measured {
  readonly study: MeasuredStudy;
  /** Number of its workers that train at once. */
  readonly workers: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Spread extends Range {
  readonly mean: number;
}

/**
 * Alike workers: `cohort` is how long one takes for a cohort of `lanes` trials, in milliseconds.
 */
interface Crew {
  readonly workers: number;
  readonly lanes: number;
  readonly cohort: Spread;
}

/** @param measured the devices that take part, at least one */
export function estimateTraining(study: StudyFile, measured: readonly Measured[]): Estimate {
  const sampler = samplerOf(study);
  const trials = trialsOf(study, sampler);
  const crewsFor = (packing: Packing | undefined): readonly Crew[] => {
    const most = lanesForSearch(sampler, packing, trials ?? Infinity);
    return measured.map((each) => crewOf(each, most));
  };
  const crews = crewsFor(study.packing);
  const epochs = measured.flatMap(({ study: { speeds } }) =>
    speeds[0].points.map((point) => point.epochs),
  );
  return {
    ...timesOf(study, sampler, crews, trials),
    epochs: Math.max(...epochs),
    measured: measured.map(
      ({ study: { device, executor, reason, memoryBytes, speeds }, workers }, i) => {
        const lanes = crews[i]?.lanes ?? 1;
        const speed = speedAt(speeds, lanes);
        return {
          device,
          workers,
          executor,
          reason,
          lanes,
          epochMs: meanOf(speed.points.map(({ epochMs }) => epochMs)),
          samplesPerSecond: speed.samplesPerSecond,
          memoryBytes,
        };
      },
    ),
    packings: choicesOf(study, sampler, trials, crewsFor),
    unmeasured: [],
    at: Math.min(...measured.map(({ at }) => at)),
  };
}

/**
 * @param workers number that evaluates at once
 * @param duration of an evaluation, as the objective says itself
 */
export function estimateDuration(
  study: StudyFile,
  workers: number,
  duration: Duration,
  at: number,
): Estimate {
  const [median, sigma] =
    typeof duration === 'number' ? [duration, 0] : [duration.median, duration.sigma];
  const cohort = {
    mean: median * Math.exp(sigma ** 2 / 2),
    low: median * Math.exp(-sigma),
    high: median * Math.exp(sigma),
  };
  const sampler = samplerOf(study);
  const times = timesOf(study, sampler, [{ workers, lanes: 1, cohort }], trialsOf(study, sampler));
  return { ...times, epochs: 0, measured: [], packings: [], unmeasured: [], at };
}

/** Cost of each packing; empty: all fill the devices equally, or the study has no budget. */
function choicesOf(
  study: StudyFile,
  sampler: Sampler,
  trials: number | null,
  crewsFor: (packing: Packing) => readonly Crew[],
): Estimate['packings'] {
  if (trials === null) return [];
  const choices = packings.map((packing) => ({ packing, crews: crewsFor(packing) }));
  const lanesOf = (crews: readonly Crew[]): number => Math.max(...crews.map(({ lanes }) => lanes));
  if (new Set(choices.map(({ crews }) => lanesOf(crews))).size < 2) return [];
  return choices.map(({ packing, crews }) => {
    const lanes = lanesOf(crews);
    const same = trialsForSameResult(trials, lanes);
    const timeFor = (count: number): Range | null => timesOf(study, sampler, crews, count).totalMs;
    return {
      packing,
      lanes,
      trials,
      totalMs: timeFor(trials),
      same: same === trials ? null : { trials: same, totalMs: timeFor(same) },
    };
  });
}

function crewOf({ study: { speeds }, workers }: Measured, most: number): Crew {
  const full = speeds.at(-1)?.lanes ?? 1;
  const lanes = Math.min(full, most);
  const ms = speedAt(speeds, lanes).points.map(({ epochs, epochMs }) => epochs * epochMs);
  const cohort = { mean: meanOf(ms), low: Math.min(...ms), high: Math.max(...ms) };
  return { workers, lanes, cohort };
}

/**
 * Speed for a number of lanes: throughput is linear in the logarithm of the lanes between two that
 * were measured; below the fewest a cohort takes as long as with those.
 */
function speedAt(
  speeds: readonly [MeasuredSpeed, ...MeasuredSpeed[]],
  lanes: number,
): MeasuredSpeed {
  const above = speeds.find((speed) => speed.lanes >= lanes) ?? speeds.at(-1) ?? speeds[0];
  const below = speeds.findLast((speed) => speed.lanes <= lanes) ?? above;
  if (above === below) {
    const share = Math.min(1, lanes / above.lanes);
    return { ...above, lanes, samplesPerSecond: above.samplesPerSecond * share };
  }
  const part = Math.log(lanes / below.lanes) / Math.log(above.lanes / below.lanes);
  const between = (low: number, high: number): number => low + part * (high - low);
  return {
    lanes,
    samplesPerSecond: between(below.samplesPerSecond, above.samplesPerSecond),
    points: above.points.map(({ epochs, epochMs }, i) => {
      const few = below.points[i]?.epochMs ?? epochMs;
      return { epochs, epochMs: lanes / between(below.lanes / few, above.lanes / epochMs) };
    }),
  };
}

function samplerOf({ sampler, searchSpace, direction, seed }: StudyFile): Sampler {
  return createSampler(sampler, searchSpace, direction, seed);
}

/** Number of trials; null: no limit. */
function trialsOf({ stop }: StudyFile, { size }: Sampler): number | null {
  const wanted = stop.trials ?? size;
  return size === null || wanted === null ? wanted : Math.min(wanted, size);
}

function timesOf(
  study: StudyFile,
  sampler: Sampler,
  crews: readonly Crew[],
  trials: number | null,
): Pick<Estimate, 'totalMs' | 'trialMs' | 'trials' | 'trialsPerMinute'> {
  const capacity = crews.reduce((sum, { workers, lanes }) => sum + workers * lanes, 0);
  const used = parallelOf(sampler, capacity, trials) / capacity;
  /** Trials per millisecond where every trial takes `factor` times what was measured. */
  const rate = (factor: number): number =>
    crews.reduce(
      (sum, { workers, lanes, cohort }) =>
        sum + (used * workers * lanes) / Math.max(LEAST_MS, cohort.mean * factor),
      0,
    );
  const trialMs = {
    low: Math.max(LEAST_MS, BESIDE.low * Math.min(...crews.map(({ cohort }) => cohort.low))),
    high: Math.max(LEAST_MS, BESIDE.high * Math.max(...crews.map(({ cohort }) => cohort.high))),
  };
  // The last trials do not end together: for the duration of one cohort of the fastest device some
  // workers are idle. Slower devices leave the last trials to it.
  const lastMs = Math.min(...crews.map(({ cohort }) => cohort.high)) * BESIDE.high;
  const minutes = study.stop.minutes === undefined ? Infinity : study.stop.minutes * 60_000;
  return {
    totalMs:
      trials === null
        ? null
        : {
            low: Math.min(minutes, START_MS.low + trials / rate(BESIDE.low)),
            high: Math.min(
              minutes,
              START_MS.high + trials / rate(BESIDE.high) + Math.max(LEAST_MS, lastMs),
            ),
          },
    trialMs,
    trials,
    trialsPerMinute: 60_000 * rate((BESIDE.low + BESIDE.high) / 2),
  };
}

/**
 * Average number of trials that run at once: with a barrier, workers wait for the last trial of a
 * generation.
 * @param capacity number of trials that all workers train at once
 */
function parallelOf({ barrier }: Sampler, capacity: number, trials: number | null): number {
  if (barrier === null || barrier(capacity * 4) === 0)
    return Math.min(capacity, trials ?? capacity);
  // After the founders, whose generation may have another size.
  const first = barrier(capacity * 4);
  let size = 1;
  while (barrier(first + size) === barrier(first)) size += 1;
  return size / Math.ceil(size / capacity);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
