/** Number of samples that a study's trials train on in an epoch, from its dataset. */
import type { Objective } from '../../core/study/study-spec.ts';
import type { Catalogue } from '../../datasets/catalogue.ts';
import { objectiveKind } from '../../objectives/registry.ts';

/** Null: nothing is trained, or the dataset is unknown here. Reads each dataset's record once. */
export type SamplesOf = (objective: Objective) => number | null;

export function epochSamples(catalogue: Catalogue): SamplesOf {
  const known = new WeakMap<Objective, number | null>();
  return (objective) => {
    const held = known.get(objective);
    if (held !== undefined) return held;
    const found = objectiveKind(objective.kind)?.epochSamples(objective, catalogue) ?? null;
    known.set(objective, found);
    return found;
  };
}
