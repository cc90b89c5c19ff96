/**
 * Checks a study while it is being edited: returns all problems at once, and the search space and
 * training it would have. Never throws.
 */
import { InvalidInput } from '../core/errors.ts';
import { createSampler } from '../core/samplers/create-sampler.ts';
import { checkSearchSpace } from '../core/search-space/check.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import { sizeOf } from '../core/search-space/size.ts';
import type { Catalogue } from '../datasets/catalogue.ts';
import { DatasetError } from '../datasets/dataset-error.ts';
import { NO_PREVIEW } from '../objectives/objective-kind.ts';
import type { ObjectivePlaces, ObjectivePreview } from '../objectives/objective-kind.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { objective as objectiveSchema } from '../protocol/objective.ts';
import { check } from '../protocol/problems.ts';
import { searchSpace } from '../protocol/search-space.ts';
import { parseStudy, sampler } from '../protocol/study-file.ts';
import type { StudyCheck } from '../protocol/window/set-up.ts';
import { isFields } from '../training/models/reader.ts';
import { objectiveCheck } from '../objectives/objective-check.ts';
import { toWindowProblem } from './problems.ts';

export function checkStudy(
  study: unknown,
  places: ObjectivePlaces,
  catalogue: Catalogue,
): StudyCheck {
  const space = soundSpace(study);
  const gridSize = gridSizeOf(study, space);
  const metrics = metricsOf(study, places);
  try {
    return {
      problems: problemsOf(study, places),
      gridSize,
      metrics,
      ...previewOf(study, space, catalogue),
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
    return { problems: [damaged], gridSize, metrics, ...NO_PREVIEW };
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

/** Null: the search space has problems. */
function soundSpace(study: unknown): SearchSpace | null {
  const space = check(searchSpace, isFields(study) ? study['searchSpace'] : undefined);
  return space.ok && checkSearchSpace(space.value).length === 0 ? space.value : null;
}

/** Number of grid points if the sampler is a grid, else number of points of the space. */
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

function metricsOf(study: unknown, places: ObjectivePlaces): StudyCheck['metrics'] {
  const parsed = check(objectiveSchema, isFields(study) ? study['objective'] : undefined);
  if (!parsed.ok) return null;
  const names = objectiveKind(parsed.value.kind)?.metrics(parsed.value, places) ?? null;
  return names === null ? null : [...names];
}

/** Returns what its kind shows of the objective, whatever else is wrong with the study. */
function previewOf(
  study: unknown,
  space: SearchSpace | null,
  catalogue: Catalogue,
): ObjectivePreview {
  const objective = isFields(study) ? study['objective'] : undefined;
  if (!isFields(objective)) return NO_PREVIEW;
  return objectiveKind(objective['kind'])?.preview(objective, space, catalogue) ?? NO_PREVIEW;
}
