/** Training's judgement of an objective, in the terms in which a study file's problems are told. */
import { join } from 'node:path';
import { catalogueOf } from '../datasets/catalogue.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';
import { checkObjective } from '../training/run/trainer.ts';

export interface ObjectivePlaces {
  /** The absolute path of `resources/`. */
  readonly resources: string;
  /**
   * The absolute path of this user's folder; absent: studies know the datasets that come with
   * Galapagos only.
   */
  readonly userFolder?: string;
}

/** What training finds wrong with an objective, placed in the study file. */
export function objectiveCheck({ resources, userFolder }: ObjectivePlaces): ObjectiveCheck {
  const datasets = catalogueOf(userFolder === undefined ? null : join(userFolder, 'datasets'));
  return (objective, space) =>
    objective.kind !== 'train'
      ? []
      : checkObjective(objective, space, resources, datasets).map(
          ({ code, path, layer, expected, found, hint }) => ({
            code,
            path: path === '' ? 'objective' : `objective.${path}`,
            expected,
            found: layer === undefined ? found : `${found} in layer ${layer}`,
            hint,
          }),
        );
}
