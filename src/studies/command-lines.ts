/** Command lines that run trials again outside of Galapagos, for kinds that run a program. */
import { GalapagosError } from '../core/errors.ts';
import { PURPOSE, Stream } from '../core/random.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { completeParams } from '../core/search-space/complete-params.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { keptCheckpoints } from '../objectives/checkpoint-places.ts';
import { objectiveKind } from '../objectives/registry.ts';

/** Study and lab file of a trial. */
export interface Stored {
  /** Name of the study. */
  readonly study: string;
  /** Absolute path of the lab file. */
  readonly lab: string;
}

/**
 * Null: the objective runs no program, or a trial goes on from the checkpoint of another, so that
 * no single line repeats it.
 * @param stored absent: the trial is no stored one, so that no configuration file can be written
 *   for it
 */
export function commandLineOf(
  { objective, seed, sampler }: Pick<StudySpec, 'objective' | 'seed' | 'sampler'>,
  trial: number,
  params: Params,
  stored?: Stored,
): string | null {
  if (trainsInParts(sampler)) return null;
  const kind = objectiveKind(objective.kind);
  return kind?.commandLine(objective, params, { seed, trial, stored }) ?? null;
}

/**
 * The configuration file of a trial's program, with the values of the trial; null: it has none.
 * @throws GalapagosError `not-read`
 */
export function configOf(
  { objective, seed }: Pick<StudySpec, 'objective' | 'seed'>,
  trial: number,
  params: Params,
  userFolder: string,
): { readonly file: string; readonly text: string } | null {
  try {
    const kind = objectiveKind(objective.kind);
    return kind?.configFile(objective, params, { seed, trial }, userFolder) ?? null;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new GalapagosError('not-read', `cannot read the configuration file: ${found}`);
  }
}

/**
 * Absolute path of the folder with what a trial's program kept; null: it runs no program, or kept
 * nothing on this machine.
 * @param study its uid; null: of another program
 * @param trial undefined: there is none
 */
export function checkpointsOf(
  userFolder: string,
  study: { readonly uid: string | null; readonly spec: Pick<StudySpec, 'objective'> | null },
  trial: number | undefined,
): string | null {
  const { uid, spec } = study;
  if (uid === null || spec === null || trial === undefined) return null;
  const kept = objectiveKind(spec.objective.kind)?.keepsCheckpoints(spec.objective) ?? null;
  return kept === null ? null : keptCheckpoints(userFolder, uid, trial);
}

/** Adds to each trial the command line that runs it again. @param spec null: of another program */
export function withCommandLines<Trial extends { readonly trial: number; readonly params: Params }>(
  spec: StudySpec | null,
  trials: readonly Trial[],
  stored: Stored,
): (Trial & { readonly command?: string })[] {
  return trials.map((each) => {
    const command = spec === null ? null : commandLineOf(spec, each.trial, each.params, stored);
    return command === null ? each : { ...each, command };
  });
}

/** The command line of a drawn point as trial 0; null: the objective runs no program. */
export function exampleLine({ objective, searchSpace, seed }: StudySpec): string | null {
  const stream = new Stream(seed, { purpose: PURPOSE.enqueued, trial: 1 });
  const params = completeParams(axesOf(searchSpace), {}, stream);
  const kind = objectiveKind(objective.kind);
  return kind?.commandLine(objective, params, { seed, trial: 0, stored: undefined }) ?? null;
}
