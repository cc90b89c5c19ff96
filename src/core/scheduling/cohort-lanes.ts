/** Lanes of a cohort as its worker is told them: point, and part of the training if not all of it. */
import type { CohortTrial } from './instructions.ts';
import type { Attempt } from './state.ts';

export function cohortLane({ id: attempt, trial }: Attempt): CohortTrial {
  const { params, origin, study } = trial;
  const part = study.sampler.partOf?.(origin);
  return { attempt, params, ...(part === undefined ? {} : { part }) };
}
