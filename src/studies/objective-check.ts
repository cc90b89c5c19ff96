/** The check of a study file's objective by its own kind. */
import type { ObjectivePlaces } from '../objectives/objective-kind.ts';
import { objectiveKind } from '../objectives/registry.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';

export type { ObjectivePlaces };

export function objectiveCheck(places: ObjectivePlaces): ObjectiveCheck {
  return (objective, space) => objectiveKind(objective.kind)?.check(objective, space, places) ?? [];
}
