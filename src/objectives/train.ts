/**
 * The objective kind `train`: trains a network on a dataset. An adapter to `src/training`, which
 * checks and trains.
 */
import { join } from 'node:path';
import type { Problem } from '../core/errors.ts';
import type { AttemptId, Report } from '../core/scheduling/index.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import type { TrainingPart } from '../core/study/training-part.ts';
import { catalogueOf } from '../datasets/catalogue.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import { referenced } from '../datasets/content.ts';
import { DatasetError } from '../datasets/dataset-error.ts';
import { catalogueWith } from '../datasets/fetched.ts';
import { datasetsFolder } from '../datasets/places.ts';
import { trainObjective } from '../protocol/objective.ts';
import type { TrainStudyObjective } from '../protocol/objective.ts';
import { check } from '../protocol/problems.ts';
import { registeredExecutors } from '../training/executors/registry.ts';
import { isFields } from '../training/models/reader.ts';
import { atCorners } from '../training/objective/at-corners.ts';
import { networkInSearch } from '../training/objective/network-in-search.ts';
import { shapeKey } from '../training/objective/shape-key.ts';
import { unusedParameters } from '../training/objective/unused-parameters.ts';
import { Trainer, checkObjective } from '../training/run/trainer.ts';
import type {
  EpochReport,
  LaneOutcome,
  LanePart,
  TrainObjective,
} from '../training/run/trainer.ts';
import { checkpointFile } from './checkpoint-places.ts';
import type { Evaluate, LaneEnd, Workplace } from './evaluate.ts';
import { SELF_CONTAINED } from './objective-kind.ts';
import type { ObjectiveKind, ObjectivePlaces, ObjectivePreview } from './objective-kind.ts';

/** Metrics that depend on the speed of the machine. */
const TIMINGS = ['trainingSeconds', 'samplesPerSecond'];

type Fields = Readonly<Record<string, unknown>>;

export const train: ObjectiveKind<TrainStudyObjective> = {
  ...SELF_CONTAINED,
  trains: true,
  statesSeed: true,
  epochs: ({ settings }) => {
    const epochs = isFields(settings) ? settings['epochs'] : undefined;
    return typeof epochs === 'number' ? epochs : null;
  },
  epochSamples: (objective, catalogue) => {
    try {
      return splitOf(objective, catalogue)?.train ?? null;
    } catch (error) {
      // Training reports a damaged dataset.
      if (error instanceof DatasetError) return null;
      throw error;
    }
  },
  dataset: ({ dataset }) => (typeof dataset === 'string' ? dataset : null),
  metrics: metricsOf,
  timings: TIMINGS,
  check: problemsOf,
  fixedInTraining: (objective, space, places) =>
    atCorners(objective, space, catalogueAt(places.userFolder)).structural,
  notes: notesOf,
  preview: (objective, space, catalogue) => {
    const checked = check(trainObjective, objective);
    const parsed = checked.ok ? checked.value : null;
    return {
      network: parsed === null ? null : networkOf(parsed, space ?? {}, catalogue),
      unused: parsed === null || space === null ? [] : unusedParameters({ ...parsed }, space),
      split: splitOf(objective, catalogue),
    };
  },
  duration: () => null,
  shapeKey: (objective, params, catalogue) => {
    try {
      return shapeKey(objective as unknown as TrainObjective, params, catalogue);
    } catch (error) {
      // Training reports a damaged dataset; any lanes may wait for that report together.
      if (error instanceof DatasetError) return null;
      throw error;
    }
  },
  runsOn: ({ executor = 'auto', bits }, device) => {
    if (device === 'gpu' && bits === 'wasm') return false;
    if (executor === 'auto') return true;
    return registeredExecutors().some(
      ({ name, computesOn }) =>
        name === executor && (computesOn === 'both' || computesOn === device),
    );
  },
  evaluator: createTraining,
};

/** Metrics of every trial that succeeds; `accuracy` only where labels are classes. */
function metricsOf(
  { dataset: name, test }: TrainStudyObjective,
  { userFolder }: ObjectivePlaces,
): string[] {
  const datasets = catalogueAt(userFolder);
  // The check reports an unknown dataset itself.
  const hasClasses = (datasets.find(name)?.classes ?? 1) > 0;
  return [
    ...(hasClasses ? ['accuracy'] : []),
    'loss',
    'trainingLoss',
    ...(test === true ? [...(hasClasses ? ['testAccuracy'] : []), 'testLoss'] : []),
    'weights',
    ...TIMINGS,
    'value',
  ];
}

function catalogueAt(userFolder: string | undefined): Catalogue {
  return catalogueOf(userFolder === undefined ? null : datasetsFolder(userFolder));
}

function problemsOf(
  objective: TrainObjective,
  space: SearchSpace,
  { resources, userFolder }: ObjectivePlaces,
): Problem[] {
  return checkObjective(objective, space, resources, catalogueAt(userFolder)).map(
    ({ code, path, layer, expected, found, hint }) => ({
      code,
      path: path === '' ? 'objective' : `objective.${path}`,
      expected,
      found: layer === undefined ? found : `${found} in layer ${layer}`,
      hint,
    }),
  );
}

function notesOf(objective: TrainStudyObjective, space: SearchSpace): string[] {
  const notes: string[] = [];
  if (objective.selectOn === 'test') {
    notes.push(
      'the test set selects the best trial, as in the published protocol: comparable with the published numbers, not an honest estimate of accuracy on new images',
    );
  }
  if (objective.settings['sameStart'] === true) {
    notes.push(
      'every trial starts from the same network seed, as in the published protocol: the best value partly depends on that start',
    );
  }
  const unused = unusedParameters(objective, space);
  if (unused.length > 0) {
    const [names, them] = [unused.join(', '), unused.length === 1 ? 'it' : 'them'];
    notes.push(
      `nothing in the objective uses ${names}: remove ${them} from "searchSpace", or use ${them} in the network or the settings`,
    );
  }
  return notes;
}

function networkOf(
  objective: TrainObjective,
  space: SearchSpace,
  catalogue: Catalogue,
): ObjectivePreview['network'] {
  const network = networkInSearch(objective, space, catalogue);
  if (network === null) return null;
  return {
    layers: network.layers.map(({ shape: { low, high }, searched, ...layer }) => ({
      ...layer,
      shape: { low: [...low], high: [...high] },
      searched: [...searched],
    })),
    weights: network.weights,
  };
}

/** Known as soon as the dataset is named, whatever else is wrong. */
function splitOf(
  { dataset: name, settings, selectOn }: Fields,
  catalogue: Catalogue,
): ObjectivePreview['split'] {
  const dataset = typeof name === 'string' ? catalogue.find(name) : undefined;
  if (dataset === undefined) return null;
  const said = isFields(settings) ? settings['validation'] : undefined;
  const share = typeof said === 'number' && said >= 0 && said < 1 ? said : 0;
  const validation = Math.round(dataset.training * share);
  return {
    train: dataset.training - validation,
    validation,
    test: dataset.test,
    selectOn: selectOn === 'test' ? 'test' : 'validation',
  };
}

/** Creates its trainer with the first cohort. */
function createTraining({ device, resources, userFolder, log, gate }: Workplace): Evaluate {
  let trainer: Trainer | null = null;
  return async ({ objective, seed, executor: began, dataset }, lanes, listener, shape) => {
    const [calibrations, datasets] = [join(userFolder, 'calibrations'), datasetsFolder(userFolder)];
    const own = catalogueOf(datasets);
    const catalogue = dataset === undefined ? own : catalogueWith(own, datasets, dataset);
    if (dataset !== undefined) referenced(catalogue, dataset);
    // Loaded from the start: imported only when needed, the bundler would have it load the command
    // line's entry too, and so run it.
    trainer ??= new Trainer({
      device,
      resources,
      calibrations,
      ...(log === undefined ? {} : { log }),
      ...(gate === undefined ? {} : { gate }),
    });
    const requests = lanes.map(({ attempt, params, part, signal }) => ({
      request: { trial: attempt.number, params },
      ...(part === undefined ? {} : { part: placed(part, attempt, userFolder) }),
      signal,
    }));
    // The trainer parses the objective itself, and says what is wrong with it.
    const outcomes = await trainer.train(objective as unknown as TrainObjective, seed, requests, {
      began,
      shape,
      catalogue,
      progress: ({ step, steps }) => listener.progress({ step, steps }),
      report: (lane, report) => listener.report(lane, reportOf(report)),
      ended: (lane, outcome) => listener.ended(lane, endOf(outcome)),
    });
    return outcomes.map(endOf);
  };
}

/** Returns a part of a training with the files of its checkpoints. */
function placed(
  { source, from, until }: TrainingPart,
  { study, number }: AttemptId,
  userFolder: string,
): LanePart {
  return {
    from,
    until,
    start: source === null ? null : checkpointFile(userFolder, study, source, from),
    end: checkpointFile(userFolder, study, number, until),
  };
}

function endOf(outcome: LaneOutcome): LaneEnd {
  if (outcome.outcome === 'cancelled')
    return {
      outcome: 'stopped',
      ...(outcome.executor === undefined ? {} : { executor: outcome.executor }),
      reports: outcome.reports.map(reportOf),
    };
  const { executor, executorReason, lanesWanted } = outcome;
  const about = {
    executor,
    executorReason,
    ...(lanesWanted === undefined ? {} : { lanesWanted }),
    reports: outcome.reports.map(reportOf),
  };
  return outcome.outcome === 'succeeded'
    ? {
        outcome: 'finished',
        value: outcome.value,
        metrics: { ...outcome.metrics, checksum: outcome.checksum },
        ...about,
      }
    : { outcome: 'finished', value: NaN, metrics: { epoch: outcome.epoch }, ...about };
}

function reportOf({ epoch, value, metrics }: EpochReport): Report {
  return { step: epoch, value, metrics };
}
