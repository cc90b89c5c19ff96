/** What a study's values are called and how they are written. */
import type { StudySpec } from '../core/study/study-spec.ts';

/** What a study's values are, for people: accuracies are shown in per cent. */
export type Measure = 'accuracy' | 'loss' | 'value';

export function measureOf({ objective }: Pick<StudySpec, 'objective'>): Measure {
  if (objective.kind !== 'train') return 'value';
  return objective['metric'] === 'loss' ? 'loss' : 'accuracy';
}
