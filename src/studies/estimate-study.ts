/** Estimates how long a study takes from measured durations of trials, as ranges. */
import { createSampler } from '../core/samplers/create-sampler.ts';
import type { Sampler } from '../core/samplers/sampler.ts';
import type { Duration } from '../objectives/objective-kind.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { Estimate } from '../protocol/window/set-up.ts';
import type { MeasuredStudy } from '../training/estimate/measure-study.ts';

type Range = Estimate['trialMs'];

/** Start of the workers, loading of the dataset and compilation, in milliseconds. */
const START_MS: Range = { low: 400, high: 3_000 };
/**
 * Factor between a measured and a real trial. By CPU time, real epochs of MNIST took 0.77 to 1.04
 * of the measurement; other cores share memory bandwidth and clock rate, and a core may be a
 * hyper-thread.
 */
const BESIDE: Range = { low: 0.75, high: 1.6 };

export interface Measured {
  readonly study: MeasuredStudy;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** @param workers number that trains at once */
export function estimateTraining(
  study: StudyFile,
  workers: number,
  { study: measured, at }: Measured,
): Estimate {
  const trials = measured.points.map(({ epochs, epochMs }) => epochs * epochMs);
  const { device, lanes, executor, reason, memoryBytes, points } = measured;
  return {
    ...timesOf(study, workers, {
      mean: meanOf(trials),
      low: Math.min(...trials),
      high: Math.max(...trials),
    }),
    epochs: Math.max(...points.map(({ epochs }) => epochs)),
    measured: [
      {
        device,
        workers,
        executor,
        reason,
        lanes,
        epochMs: meanOf(points.map(({ epochMs }) => epochMs)),
        memoryBytes,
      },
    ],
    at,
  };
}

/** @param duration of an evaluation, as the objective says itself */
export function estimateDuration(
  study: StudyFile,
  workers: number,
  duration: Duration,
  at: number,
): Estimate {
  const [median, sigma] =
    typeof duration === 'number' ? [duration, 0] : [duration.median, duration.sigma];
  const spread = {
    mean: median * Math.exp(sigma ** 2 / 2),
    low: median * Math.exp(-sigma),
    high: median * Math.exp(sigma),
  };
  return { ...timesOf(study, workers, spread), epochs: 0, measured: [], at };
}

interface Spread extends Range {
  readonly mean: number;
}

function timesOf(
  study: StudyFile,
  workers: number,
  { mean, low, high }: Spread,
): Pick<Estimate, 'totalMs' | 'trialMs' | 'trials' | 'trialsPerMinute'> {
  const sampler = createSampler(study.sampler, study.searchSpace, study.direction, study.seed);
  const wanted = study.stop.trials ?? sampler.size;
  const trials = sampler.size === null || wanted === null ? wanted : Math.min(wanted, sampler.size);
  const together = parallelOf(sampler, workers, trials);
  const trialMs = { low: Math.max(0.5, low * BESIDE.low), high: Math.max(0.5, high * BESIDE.high) };
  const minutes = study.stop.minutes === undefined ? Infinity : study.stop.minutes * 60_000;
  return {
    totalMs:
      trials === null
        ? null
        : {
            low: Math.min(
              minutes,
              START_MS.low + (trials * Math.max(0.5, mean * BESIDE.low)) / together,
            ),
            // The last trials do not end together: for the duration of one trial some workers are
            // idle.
            high: Math.min(
              minutes,
              START_MS.high +
                (trials * Math.max(0.5, mean * BESIDE.high)) / together +
                trialMs.high,
            ),
          },
    trialMs,
    trials,
    trialsPerMinute: (60_000 * together) / Math.max(0.5, (mean * (BESIDE.low + BESIDE.high)) / 2),
  };
}

/**
 * Average number of trials that run at once: with a barrier, workers wait for the last trial of a
 * generation.
 */
function parallelOf({ barrier }: Sampler, workers: number, trials: number | null): number {
  if (barrier === null || barrier(workers * 4) === 0) return Math.min(workers, trials ?? workers);
  // After the founders, whose generation may have another size.
  const first = barrier(workers * 4);
  let size = 1;
  while (barrier(first + size) === barrier(first)) size += 1;
  return size / Math.ceil(size / workers);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
