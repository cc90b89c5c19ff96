/** Importance of a study's parameters, from its trials in the lab file. */
import { importances } from '../../core/analysis/importance.ts';
import { GalapagosError } from '../../core/errors.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { EncodedParams } from '../../core/search-space/distribution.ts';
import type { Importance } from '../../protocol/window/reading.ts';
import type { StudySummary, TrialRecord } from '../../storage/lab-reader.ts';

/** Considers trials that ended with a value or diverged. @throws GalapagosError `foreign-study` */
export function importanceOf(
  { name, spec }: Pick<StudySummary, 'name' | 'spec'>,
  trials: Iterable<TrialRecord>,
): Importance {
  if (spec === null)
    throw new GalapagosError(
      'foreign-study',
      `${name} is an Optuna study: the lab file does not contain its search space`,
      {
        found: name,
      },
    );
  const points: EncodedParams[] = [];
  const values: number[] = [];
  for (const { state, value, encoded } of trials) {
    if (state !== 'complete' || encoded === null) continue;
    points.push(encoded);
    values.push(value ?? NaN);
  }
  const found = importances(axesOf(spec.searchSpace), points, values, spec.direction);
  if (!found.known) return { unknown: found.reason, needed: found.needed, trials: found.trials };
  const { together, median } = found;
  return { parameters: [...found.parameters], together, median, trials: found.trials };
}
