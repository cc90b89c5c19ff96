/** Converts a study of a lab file to a study file that would start it again. */
import { GalapagosError } from '../core/errors.ts';
import { withoutChoice } from '../core/samplers/auto.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import { limitedSpace } from '../core/search-space/reduced-space.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import { parse } from '../protocol/problems.ts';
import { withPruning } from '../protocol/pruning.ts';
import { studyFile } from '../protocol/study-file.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { StudySummary } from '../storage/lab-reader.ts';

/**
 * @throws GalapagosError `foreign-study`: another program's study, which does not record how it was
 *   created
 */
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

function written(spec: StudySpec, limits: Limits): unknown {
  const { name, objective, direction, objectives, constraints } = spec;
  const searchSpace = writtenSpace(spec);
  const { sampler, seed, packing, devices, audit } = spec;
  const { trials, activeMs, target } = limits;
  // A study whose trials are not stopped early shall not become one whose trials are.
  const automatic = withPruning(null, spec, limits, 1).pruning !== undefined;
  const pruner = spec.pruning?.pruner ?? (automatic ? { name: 'none' } : undefined);
  return {
    format: 'galapagos-study/1',
    name,
    objective: ordinary(objective),
    direction,
    ...(objectives === undefined ? {} : { objectives }),
    ...(constraints === undefined ? {} : { constraints }),
    searchSpace,
    sampler: withoutChoice(sampler),
    stop: {
      ...(trials === null ? {} : { trials }),
      ...(activeMs === null ? {} : { minutes: activeMs / 60_000 }),
      ...(target === null ? {} : { target }),
    },
    seed,
    ...(pruner === undefined ? {} : { pruner }),
    ...(packing === undefined ? {} : { packing }),
    ...(devices === undefined ? {} : { devices }),
    ...(audit === undefined ? {} : { audit }),
  };
}

/**
 * Returns the search space with fixed parameters as ranges of one value. Those that conditions of
 * others name keep all values, because a condition must name values that can occur.
 */
function writtenSpace({ searchSpace, only = {} }: StudySpec): SearchSpace {
  const parents = new Set(
    Object.values(searchSpace).flatMap(({ when }) => Object.keys(when ?? {})),
  );
  const kept = Object.entries(only).filter(([name]) => !parents.has(name));
  return limitedSpace(searchSpace, Object.fromEntries(kept));
}

/**
 * Removes the parts that only have a meaning in the lab file: the confirmed study and its points.
 */
function ordinary(objective: StudySpec['objective']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(objective).filter(([field]) => field !== 'confirms'));
}
