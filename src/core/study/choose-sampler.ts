/** Fixes the algorithm of a new study whose sampler is `auto`. */
import { chosenFor } from '../samplers/auto.ts';
import { axesOf } from '../search-space/axis.ts';
import { boundsOf, hasSeveral } from './objectives.ts';
import type { Limits, StudySpec } from './study-spec.ts';

/** @param atOnce number of trials that can run at a time */
export function withChosenSampler(
  spec: StudySpec,
  { trials }: Pick<Limits, 'trials'>,
  atOnce: number,
): StudySpec {
  const severalObjectives = hasSeveral(spec) || boundsOf(spec).length > 0;
  const history = spec.history?.length ?? 0;
  const circumstances = { trials, atOnce, severalObjectives, history };
  return { ...spec, sampler: chosenFor(spec.sampler, axesOf(spec.searchSpace), circumstances) };
}
