/**
 * Lanes of a cohort as its worker is told them: point, and part of the training if not all of it.
 */
import type { TrainingPart } from '../study/training-part.ts';
import type { CohortTrial } from './instructions.ts';
import { nextPause } from './next-pause.ts';
import type { Attempt, OpenTrial } from './state.ts';

export function cohortLane({ id: attempt, trial }: Attempt): CohortTrial {
  const { params, origin, study } = trial;
  const part = study.sampler.partOf?.(origin) ?? partToRung(trial);
  return { attempt, params, ...(part === null ? {} : { part }) };
}

/** The part from a trial's last checkpoint to its next rung; null: it does not pause at rungs. */
function partToRung(trial: OpenTrial): TrainingPart | null {
  const { study, number, checkpoint: from } = trial;
  if (study.pruning?.pruner.promotion === undefined) return null;
  const until = nextPause(trial) ?? study.pruning.length ?? Infinity;
  return { source: from === 0 ? null : number, from, until };
}
