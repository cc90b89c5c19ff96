/** The check of a study file's objective by its own kind. */
import { didYouMean } from '../core/search-space/did-you-mean.ts';
import type { ObjectivePlaces } from '../objectives/objective-kind.ts';
import { objectiveKind } from '../objectives/registry.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';

export type { ObjectivePlaces };

export function objectiveCheck(places: ObjectivePlaces): ObjectiveCheck {
  return (objective, space, metrics) => {
    const kind = objectiveKind(objective.kind);
    if (kind === undefined) return [];
    const names = metrics.length === 0 ? [] : kind.metrics(objective, places);
    const unknown = names === null ? [] : metrics.filter(({ metric }) => !names.includes(metric));
    return [
      ...kind.check(objective, space, places),
      ...unknown.map(({ path, metric }) => ({
        code: 'unknown-metric',
        path,
        expected: 'a metric that trials of this objective return',
        found: JSON.stringify(metric),
        hint: didYouMean(metric, names ?? []),
      })),
    ];
  };
}
