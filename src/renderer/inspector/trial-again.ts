/**
 * One trial as a study of its own: the same parameters, trained once more. Random numbers differ,
 * because they depend on (seed, trial), unless a parameter is the seed. Pure.
 */
import { axesOf } from '../../core/search-space/axis.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import type { Range } from '../state/selection.svelte.ts';
import { narrowedStudy } from '../state/narrow.ts';

/**
 * @param encoded returns the trial's value of the parameter at an index; NaN when it is not used
 */
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
  // The grid sampler requires steps for floats, and there is nothing to search.
  return { ...one, sampler: { name: 'random' }, stop: { trials: 1 } };
}
