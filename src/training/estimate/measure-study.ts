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
import { FEW_LANES } from '../../core/scheduling/packing.ts';
import { toParams } from '../../core/search-space/params.ts';
import type { Catalogue, DatasetEntry } from '../../datasets/catalogue.ts';
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import { Calibrations } from '../calibration/calibrations.ts';
import { choose, type Choice } from '../calibration/choose.ts';
import { lanesWanted } from '../calibration/lanes-wanted.ts';
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
  /** Device that is measured; by default the processor. */
  readonly device?: Device;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** A point of the search space and the measured duration of a cohort of such trials. */
export interface MeasuredPoint {
  readonly epochs: number;
  /** Duration of one epoch in milliseconds: training and evaluation of the selection split. */
  readonly epochMs: number;
}

/** Speed of one worker that trains a number of trials together. */
export interface MeasuredSpeed {
  readonly lanes: number;
  /** Of all lanes together, while training; mean over the points. */
  readonly samplesPerSecond: number;
  readonly points: readonly MeasuredPoint[];
}

export interface MeasuredStudy {
  /** Id of the device. */
  readonly device: string;
  readonly executor: string;
  readonly reason: string;
  /** Memory of one worker in bytes, including data; maximum over the points and lanes. */
  readonly memoryBytes: number;
  /** In ascending order of lanes; the last is the number of lanes that fill the device. */
  readonly speeds: readonly [MeasuredSpeed, ...MeasuredSpeed[]];
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

/**
 * Measures the study: on devices with many lanes for as many as fill the device, and for the few of
 * a search that learns from each result.
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
  const points = pointsOf(space).map((params) => {
    const resolved = resolve(objective, params, datasets);
    const plan = compilePlan(resolved.network, resolved.settings, resolved.dataset);
    return { params, resolved, plan, key: planHash(plan) };
  });
  /** Of points that share a plan, the first. */
  const distinct = new Map(points.toReversed().map((point) => [point.key, point]));
  const choices = new Map<string, Choice>();
  let chosen: Choice | undefined;
  for (const [key, { plan }] of distinct) {
    const most = Math.min(FEW_LANES, device.lanes);
    // On a card the executors differ by more than the plans of one study do.
    if (chosen !== undefined && device.kind === 'gpu') {
      choices.set(key, chosen);
      continue;
    }
    const [first] = await choose(objective, executors, plan, most, {
      calibrations: kept,
      device,
      now,
    });
    if (first === undefined) throw new TrainingError('unsupported', 'no executor is usable here');
    choices.set(key, first);
    chosen = first;
  }
  const [first] = points;
  const choice = first === undefined ? undefined : choices.get(first.key);
  if (first === undefined || choice === undefined) throw new RangeError('no point was measured');
  const full =
    device.lanes === 1
      ? 1
      : await lanesWanted(choice, first.plan, {
          device,
          dataset: shapeOf(first.resolved.dataset),
          calibrations: kept,
          now,
        });
  const counts = [...new Set([Math.min(FEW_LANES, full), full])];
  let memoryBytes = 0;
  const measured = async (lanes: number): Promise<MeasuredSpeed> => {
    const paces = new Map<string, Pace>();
    for (const [key, { plan, resolved }] of distinct) {
      const { executor } = choices.get(key) ?? choice;
      const budgetMs = Math.min(MOST_MS, BUDGET_MS / POINTS) / counts.length;
      paces.set(key, await measurePace(executor, plan, lanes, { budgetMs, now }));
      const bytes = executor.estimate(plan, lanes, shapeOf(resolved.dataset));
      memoryBytes = Math.max(
        memoryBytes,
        bytes.sharedBytes + lanes * bytes.laneBytes + bytes.codeBytes,
      );
    }
    const all = [...paces.values()];
    return {
      lanes,
      samplesPerSecond: all.reduce((sum, { trained }) => sum + trained, 0) / all.length,
      points: points.map(({ params, resolved, key }) => ({
        epochs: epochsOf(resolved.settings.epochs, params),
        epochMs: epochMs(objective, resolved, lanes, paces.get(key)),
      })),
    };
  };
  const speeds: [MeasuredSpeed, ...MeasuredSpeed[]] = [await measured(counts[0] ?? 1)];
  for (const lanes of counts.slice(1)) speeds.push(await measured(lanes));
  const { label, reason } = choice;
  return { device: device.id, executor: label, reason, memoryBytes, speeds };
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
  lanes: number,
  pace: Pace | undefined,
): number {
  if (pace === undefined) throw new RangeError('a plan was not measured');
  const validation = Math.round(dataset.training * settings.validation);
  const training = dataset.training - validation;
  const steps =
    settings.remainder === 'drop'
      ? Math.floor(training / settings.batch) * settings.batch
      : training;
  const selection = selectOn === 'test' ? dataset.test : validation;
  // Speeds count the samples of every lane.
  return 1000 * lanes * (steps / pace.trained + selection / pace.evaluated);
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
