/**
 * One trial as a study of its own: the same parameters, trained once more. What is drawn at random
 * is drawn anew, as (seed, trial) decide it, unless a parameter is the seed. Pure.
 */
import { axesOf } from '../../core/search-space/axis.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import type { Range } from '../state/selection.svelte.ts';
import { narrowedStudy } from '../state/narrow.ts';

/** @param encoded the trial's value of the parameter at a place; NaN: not used */
export function trialAgain(
  study: StudyFile,
  encoded: (index: number) => number,
  name: string,
): StudyFile {
  const point = new Map<string, Range>();
  for (const axis of axesOf(study.searchSpace)) {
    const value = encoded(axis.index);
    if (!Number.isNaN(value)) point.set(axis.name, { low: value, high: value });
  }
  const one = narrowedStudy(study, point, { name, trials: 1 }) ?? { ...study, name };
  // A grid asks steps of its floats, and there is nothing to propose.
  return { ...one, sampler: { name: 'random' }, stop: { trials: 1 } };
}
