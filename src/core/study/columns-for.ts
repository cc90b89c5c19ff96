/** Creates the columns of a study, and their copy in the thread of its sampler. */
import type { Sampler } from '../samplers/sampler.ts';
import { directionsOf } from './objectives.ts';
import { searchFor } from './search-edit.ts';
import type { StudySpec } from './study-spec.ts';
import { TrialColumns } from './trial-columns.ts';

/**
 * Returns columns without trials. They keep the parameters of all trials, because an edit may
 * replace the sampler by one that needs them, and compare points in the first search space of the
 * study, so that the comparison does not depend on when they were created.
 */
export function columnsFor(
  spec: Pick<StudySpec, 'searchSpace' | 'only' | 'sampler' | 'edits' | 'direction' | 'objectives'>,
  { window }: Sampler,
): TrialColumns {
  const { searchSpace } = searchFor(spec, 0);
  return new TrialColumns(searchSpace, spec.direction, window, directionsOf(spec), {
    kind: 'all',
  });
}
