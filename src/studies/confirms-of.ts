/** Relations between confirmations and the studies that they confirm. */
import type { LabState, Study } from '../core/scheduling/index.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { objectiveKind } from '../objectives/registry.ts';
import { seededObjective } from '../protocol/fresh-seeds.ts';
import type { SeededObjective } from '../protocol/fresh-seeds.ts';

/** Returns the study that a confirmation belongs to and its trials; null: an ordinary study. */
export function confirmsOf(
  objective: StudySpec['objective'],
): NonNullable<SeededObjective['confirms']> | null {
  const parsed =
    objectiveKind(objective.kind)?.statesSeed === true && objective['confirms'] !== undefined
      ? seededObjective.safeParse(objective)
      : null;
  return parsed?.data?.confirms ?? null;
}

/** Studies that confirm this one, in order of creation. */
export function confirming({ studies }: Pick<LabState, 'studies'>, uid: string): Study[] {
  return [...studies.values()].filter(({ spec }) => confirmsOf(spec.objective)?.study === uid);
}
