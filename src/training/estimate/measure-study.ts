/**
 * Measures the duration of a study's trials on one local worker, by timing the executor that would
 * train them on the plans of several points of the search space. Takes seconds. The duration of the
 * whole study is derived elsewhere.
 */
import type { Device } from '../../core/device.ts';
import { problemText } from '../../core/errors.ts';
import type { Numeric } from '../../core/formats/field.ts';
import { Stream, PURPOSE } from '../../core/random.ts';
import { uniformPoint } from '../../core/samplers/uniform-point.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { SearchSpace } from '../../core/search-space/distribution.ts';
import { toParams } from '../../core/search-space/params.ts';
import type { Catalogue, DatasetEntry } from '../../datasets/catalogue.ts';
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import { Calibrations } from '../calibration/calibrations.ts';
import { choose, type Choice } from '../calibration/choose.ts';
import { measurePace, type Pace } from '../calibration/measure.ts';
import { registeredExecutors } from '../executors/registry.ts';
import type { RegisteredExecutor } from '../executors/registry.ts';
import { floored, scaled } from '../models/expression.ts';
import { Scope } from '../models/scope.ts';
import type { Params, TrainObjective } from '../objective/objective.ts';
import { resolveObjective, type ResolvedObjective } from '../objective/resolve-objective.ts';
import { compilePlan } from '../plan/compile.ts';
import { planHash } from '../plan/hash.ts';
import { TrainingError } from '../training-error.ts';

export interface MeasureStudyOptions {
  readonly datasets: Catalogue;
  /** Absolute path of the calibration folder; null disables storage. */
  readonly calibrations: string | null;
  readonly executors?: readonly RegisteredExecutor[];
  /** What it is measured on; by default the processor. */
  readonly device?: Device;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** A point of the search space and the measured duration of one trial. */
export interface MeasuredPoint {
  readonly epochs: number;
  /** Duration of one epoch in milliseconds: training and evaluation of the selection split. */
  readonly epochMs: number;
}

export interface MeasuredStudy {
  /** Id of the device, and how many trials one worker trained together. */
  readonly device: string;
  readonly lanes: number;
  readonly executor: string;
  readonly reason: string;
  /** Memory of one worker in bytes, including data; maximum over the points. */
  readonly memoryBytes: number;
  readonly points: readonly MeasuredPoint[];
}

/** Number of random points. Of points that share a plan, only the first is timed. */
const POINTS = 6;
/**
 * Maximum duration of all measurements, in milliseconds. Plans share it equally; each runs at least
 * one step.
 */
const BUDGET_MS = 3_000;
const MOST_MS = 700;
const SEED = 0;
/** Trials that are timed together. */
const LANES = 1;

/**
 * Measures the study.
 * @throws TrainingError if the objective is wrong or no executor can train it here
 */
export async function measureStudy(
  objective: TrainObjective,
  space: SearchSpace,
  options: MeasureStudyOptions,
): Promise<MeasuredStudy> {
  const { datasets, calibrations, device = cpuDevice(), now = () => performance.now() } = options;
  const kept = new Calibrations(calibrations, now);
  const { executors = registeredExecutors(kept) } = options;
  const paces = new Map<string, Measured>();
  const points: MeasuredPoint[] = [];
  for (const params of pointsOf(space)) {
    const resolved = resolve(objective, params, datasets);
    const plan = compilePlan(resolved.network, resolved.settings, resolved.dataset);
    const key = planHash(plan);
    let measured = paces.get(key);
    if (measured === undefined) {
      const [first] = await choose(objective, executors, plan, LANES, {
        calibrations: kept,
        device,
        now,
      });
      if (first === undefined) throw new TrainingError('unsupported', 'no executor is usable here');
      const pace = await measurePace(first.executor, plan, LANES, {
        budgetMs: Math.min(MOST_MS, BUDGET_MS / POINTS),
        now,
      });
      const { sharedBytes, laneBytes, codeBytes } = first.executor.estimate(
        plan,
        LANES,
        shapeOf(resolved.dataset),
      );
      measured = { choice: first, pace, bytes: sharedBytes + laneBytes + codeBytes };
      paces.set(key, measured);
    }
    points.push({
      epochs: epochsOf(resolved.settings.epochs, params),
      epochMs: epochMs(objective, resolved, measured.pace),
    });
  }
  const all = [...paces.values()];
  const [first] = all;
  if (first === undefined) throw new RangeError('no point was measured');
  const { label, reason } = first.choice;
  return {
    device: device.id,
    lanes: LANES,
    executor: label,
    reason,
    memoryBytes: Math.max(...all.map(({ bytes }) => bytes)),
    points,
  };
}

interface Measured {
  readonly choice: Choice;
  readonly pace: Pace;
  readonly bytes: number;
}

function pointsOf(space: SearchSpace): Params[] {
  const axes = axesOf(space);
  return Array.from({ length: axes.length === 0 ? 1 : POINTS }, (_, i) =>
    toParams(
      axes,
      uniformPoint(axes, new Stream(SEED, { purpose: PURPOSE.params, trial: i + 1, ordinal: 0 })),
    ),
  );
}

function resolve(
  objective: TrainObjective,
  params: Params,
  datasets: Catalogue,
): ResolvedObjective {
  const scope = new Scope(params);
  const resolved = resolveObjective(objective, scope, datasets);
  if (resolved === undefined)
    throw new TrainingError('unsupported', scope.problems.map(problemText).join('\n'));
  return resolved;
}

function epochMs(
  { selectOn }: TrainObjective,
  { dataset, settings }: ResolvedObjective,
  { trained, evaluated }: Pace,
): number {
  const validation = Math.round(dataset.training * settings.validation);
  const training = dataset.training - validation;
  const steps =
    settings.remainder === 'drop'
      ? Math.floor(training / settings.batch) * settings.batch
      : training;
  const selection = selectOn === 'test' ? dataset.test : validation;
  return 1000 * (steps / trained + selection / evaluated);
}

function epochsOf(epochs: Numeric, params: Params): number {
  if (typeof epochs === 'number') return epochs;
  const { $param, times = 1, over = 1 } = epochs;
  const value = params[$param];
  return typeof value === 'number' ? floored(scaled(value, { $param, times, over }), 1) : 1;
}

function shapeOf({
  training,
  test,
  shape,
  classes,
  targets,
  sampleType,
}: DatasetEntry): DatasetShape {
  return { samples: training + test, shape, classes, targets, sampleType };
}
