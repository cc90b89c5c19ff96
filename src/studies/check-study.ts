/**
 * What is wrong with a study while it is being written, and what it would search and train: all
 * problems at once, and never an error.
 */
import { InvalidInput } from '../core/errors.ts';
import { createSampler } from '../core/samplers/create-sampler.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import { sizeOf } from '../core/search-space/size.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import { DatasetError } from '../datasets/dataset-error.ts';
import { objective, trainObjective } from '../protocol/objective.ts';
import { check } from '../protocol/problems.ts';
import { searchSpace } from '../protocol/search-space.ts';
import { parseStudy, sampler } from '../protocol/study-file.ts';
import type { StudyCheck } from '../protocol/window/set-up.ts';
import { isFields } from '../training/models/reader.ts';
import { networkInSearch } from '../training/objective/network-in-search.ts';
import type { TrainObjective } from '../training/objective/objective.ts';
import { unusedParameters } from '../training/objective/unused-parameters.ts';
import { objectiveCheck } from './objective-check.ts';
import type { ObjectivePlaces } from './objective-check.ts';
import { toWindowProblem } from './problems.ts';

export function checkStudy(
  study: unknown,
  places: ObjectivePlaces,
  catalogue: Catalogue,
): StudyCheck {
  const space = soundSpace(study);
  const gridSize = gridSizeOf(study, space);
  try {
    return {
      problems: problemsOf(study, places),
      gridSize,
      network: networkOf(study, space ?? {}, catalogue),
      unused: unusedOf(study, space),
      split: splitOf(study, catalogue),
    };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    const damaged = {
      code: 'damaged-dataset',
      path: 'objective.dataset',
      expected: 'a dataset that can be read',
      found: error.message,
      hint: null,
    };
    return { problems: [damaged], gridSize, network: null, unused: [], split: null };
  }
}

function problemsOf(study: unknown, places: ObjectivePlaces): StudyCheck['problems'] {
  try {
    parseStudy(study, 'study', objectiveCheck(places));
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.problems.map(toWindowProblem);
  }
}

/** Null: it has problems of its own. */
function soundSpace(study: unknown): SearchSpace | null {
  const space = check(searchSpace, isFields(study) ? study['searchSpace'] : undefined);
  return space.ok && checkSearchSpace(space.value).length === 0 ? space.value : null;
}

/** Of the sampler's grid where it lays one; else of all points the space has. */
function gridSizeOf(study: unknown, space: SearchSpace | null): number | null {
  if (space === null) return null;
  const proposes = check(sampler, isFields(study) ? study['sampler'] : undefined);
  try {
    const size =
      (proposes.ok ? createSampler(proposes.value, space, 'maximize', 0).size : null) ??
      sizeOf(space);
    return Number.isFinite(size) ? size : null;
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}

function networkOf(
  study: unknown,
  space: SearchSpace,
  catalogue: Catalogue,
): StudyCheck['network'] {
  const train = trainingOf(study);
  const network = train === null ? null : networkInSearch(train, space, catalogue);
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

/** Empty where the study trains nothing, or its space has problems of its own. */
function unusedOf(study: unknown, space: SearchSpace | null): string[] {
  const train = trainingOf(study);
  return train === null || space === null ? [] : unusedParameters({ ...train }, space);
}

/** The dataset and its split are known as soon as they are named, whatever else is wrong. */
function splitOf(study: unknown, catalogue: Catalogue): StudyCheck['split'] {
  const evaluated = isFields(study) ? study['objective'] : undefined;
  if (
    !isFields(evaluated) ||
    evaluated['kind'] !== 'train' ||
    typeof evaluated['dataset'] !== 'string'
  )
    return null;
  const dataset = catalogue.find(evaluated['dataset']);
  if (dataset === undefined) return null;
  const said = isFields(evaluated['settings']) ? evaluated['settings']['validation'] : undefined;
  const share = typeof said === 'number' && said >= 0 && said < 1 ? said : 0;
  const validation = Math.round(dataset.training * share);
  const selectOn = evaluated['selectOn'] === 'test' ? 'test' : 'validation';
  return { train: dataset.training - validation, validation, test: dataset.test, selectOn };
}

function trainingOf(study: unknown): TrainObjective | null {
  const evaluated = check(objective, isFields(study) ? study['objective'] : undefined);
  const train = evaluated.ok ? check(trainObjective, evaluated.value) : evaluated;
  return train.ok ? train.value : null;
}
