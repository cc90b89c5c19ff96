/**
 * How long a study takes, from what trials were measured to take: ranges, because that is what is
 * known.
 */
import { createSampler } from '../core/samplers/create-sampler.ts';
import type { Sampler } from '../core/samplers/sampler.ts';
import type { Duration } from '../objectives/objective-kind.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { Estimate } from '../protocol/window/set-up.ts';
import type { MeasuredStudy } from '../training/estimate/measure-study.ts';

type Range = Estimate['trialMs'];

/** Workers start, load the dataset, compile. */
const START_MS: Range = { low: 400, high: 3_000 };
/**
 * Of a trial beside what was measured. By processor time, real epochs of MNIST took 0.77 to 1.04 of
 * it; neighbours on other cores share the memory's bandwidth and the clock, and a core may be half
 * of one.
 */
const BESIDE: Range = { low: 0.75, high: 1.6 };

export interface Measured {
  readonly study: MeasuredStudy;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** @param workers that train at once */
export function estimateTraining(
  study: StudyFile,
  workers: number,
  { study: measured, at }: Measured,
): Estimate {
  const trials = measured.points.map(({ epochs, epochMs }) => epochs * epochMs);
  const { executor, reason, memoryBytes, points } = measured;
  return {
    ...timesOf(study, workers, {
      mean: meanOf(trials),
      low: Math.min(...trials),
      high: Math.max(...trials),
    }),
    epochs: Math.max(...points.map(({ epochs }) => epochs)),
    measured: [
      {
        device: 'cpu',
        workers,
        executor,
        reason,
        lanes: 1,
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
            // The last trials do not end at once: for one trial's time, not all workers have one.
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
 * How many trials run at once, on average: a generation that waits for its last keeps the others
 * waiting.
 */
function parallelOf({ barrier }: Sampler, workers: number, trials: number | null): number {
  if (barrier === null || barrier(workers * 4) === 0) return Math.min(workers, trials ?? workers);
  // Past the founders, whose generation may be another.
  const first = barrier(workers * 4);
  let size = 1;
  while (barrier(first + size) === barrier(first)) size += 1;
  return size / Math.ceil(size / workers);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
