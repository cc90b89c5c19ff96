/** Chance level of a study's accuracies, from the classes of its dataset. */
import { chanceLimit } from '../../core/analysis/chance.ts';
import { scoreKindOf } from '../../core/study/score.ts';
import type { ObjectiveSpec } from '../../core/study/objectives.ts';
import type { Objective } from '../../core/study/study-spec.ts';
import type { Catalogue } from '../../datasets/catalogue.ts';
import { objectiveKind } from '../../objectives/registry.ts';

/**
 * Null: the values are not accuracies, or the dataset is unknown here. Reads each dataset's record
 * once.
 */
export type ChanceOf = (objective: Objective, listed?: readonly ObjectiveSpec[]) => number | null;

export function chanceLevels(catalogue: Catalogue): ChanceOf {
  const known = new Map<string, number | null>();
  return (objective, listed) => {
    const dataset = objectiveKind(objective.kind)?.dataset(objective) ?? null;
    if (dataset === null || scoreKindOf(objective, listed).metric !== 'accuracy') return null;
    const held = known.get(dataset);
    if (held !== undefined) return held;
    const found = chanceLimit(classesOf(catalogue, dataset));
    known.set(dataset, found);
    return found;
  };
}

/** Number of classes; 0: a regression dataset, or its record is missing or damaged. */
function classesOf(catalogue: Catalogue, dataset: string): number {
  try {
    return catalogue.find(dataset)?.classes ?? 0;
  } catch {
    // Training reports a damaged record with its reason; here only the mark is omitted.
    return 0;
  }
}
