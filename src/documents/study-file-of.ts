/** A study of a lab file as the study file that would begin it again. */
import { GalapagosError } from '../core/errors.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { parse } from '../protocol/problems.ts';
import { studyFile } from '../protocol/study-file.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { StudySummary } from '../storage/lab-reader.ts';

/** @throws GalapagosError `foreign-study`: another program's, which says how it was made nowhere */
export function studyFileOf({
  name,
  spec,
  limits,
}: Pick<StudySummary, 'name' | 'spec' | 'limits'>): StudyFile {
  if (spec === null || limits === null)
    throw new GalapagosError(
      'foreign-study',
      `${name} is an Optuna study: the lab file does not contain its search space`,
      {
        found: name,
      },
    );
  return parse(studyFile, written(spec, limits), name);
}

function written(
  { name, objective, direction, searchSpace, sampler, seed }: StudySpec,
  { trials, activeMs, target }: Limits,
): unknown {
  return {
    format: 'galapagos-study/1',
    name,
    objective: ordinary(objective),
    direction,
    searchSpace,
    sampler,
    stop: {
      ...(trials === null ? {} : { trials }),
      ...(activeMs === null ? {} : { minutes: activeMs / 60_000 }),
      ...(target === null ? {} : { target }),
    },
    seed,
  };
}

/** What a study confirms is a matter of its own lab, and of the points it was given there. */
function ordinary(objective: StudySpec['objective']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(objective).filter(([field]) => field !== 'confirms'));
}
