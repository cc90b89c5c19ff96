/** The check of a study file's objective by its own kind. */
import { didYouMean } from '../core/search-space/did-you-mean.ts';
import type { ObjectivePlaces } from './objective-kind.ts';
import { objectiveKind } from './registry.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';

export type { ObjectivePlaces };

export function objectiveCheck(places: ObjectivePlaces): ObjectiveCheck {
  return (objective, space, metrics, inParts) => {
    const kind = objectiveKind(objective.kind);
    if (kind === undefined) return [];
    const names = metrics.length === 0 ? [] : kind.metrics(objective, places);
    const unknown = names === null ? [] : metrics.filter(({ metric }) => !names.includes(metric));
    const problems = kind.check(objective, space, places);
    const fixed =
      inParts && problems.length === 0 ? kind.fixedInTraining(objective, space, places) : [];
    return [
      ...problems,
      ...[...fixed].map((name) => ({
        code: 'fixed-in-training',
        path: `searchSpace.${name}`,
        expected: 'a parameter that may change while a trial trains',
        found: `${name}, on which the network or the batch depends`,
        hint: 'give it a value in the objective, and remove it from "searchSpace"',
      })),
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
