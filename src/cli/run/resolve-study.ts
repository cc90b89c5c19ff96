/** Resolves the study to run from a preset or file and the flags that override it. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { deviceId } from '../../core/device.ts';
import { InvalidInput } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { PrunerSpec } from '../../core/pruners/pruner.ts';
import { presentName } from '../../core/samplers/create-sampler.ts';
import type { Limits, Packing, StudySpec } from '../../core/study/study-spec.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { parseJson } from '../../protocol/json-text.ts';
import type { TrainStudyObjective } from '../../protocol/objective.ts';
import { meaningProblems, parseStudy, studyOf } from '../../protocol/study-file.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import { isFields } from '../../training/models/reader.ts';
import { looksLikeFile } from '../../studies/looks-like-file.ts';
import { withNetworkFile } from '../../studies/network-file.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import { notesOn } from '../../studies/study-notes.ts';
import { settingOf } from '../options/arguments.ts';
import { UsageError } from '../process/exit-codes.ts';
import { presetFile, presetNames } from './presets.ts';

/** Flags that change the study itself. */
export interface StudyFlags {
  readonly trials?: number;
  readonly minutes?: number;
  readonly target?: number;
  readonly sampler?: string;
  readonly seed?: number;
  readonly executor?: TrainStudyObjective['executor'];
  readonly pruner?: string;
  readonly packing?: Packing;
  readonly devices?: readonly string[];
}

export interface ResolvedStudy {
  readonly spec: StudySpec;
  readonly limits: Limits;
  /** Null: the study names none. */
  readonly pruner: PrunerSpec | null;
  /** The argument as typed, for the command that resumes. */
  readonly named: string;
  /** The file that it was read from. */
  readonly source: string;
  /** Notes that a reader of the results must know. */
  readonly notes: readonly string[];
}

export interface Places {
  readonly cwd: string;
  /** Absolute path of `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder; absent: studies can use built-in datasets only. */
  readonly userFolder?: string;
}

/**
 * @param named a preset's name, or a file: anything with a slash or ending in .json
 * @throws UsageError for an unknown preset or a missing file; InvalidInput with every problem of
 *   the file
 */
export function resolveStudy(named: string, flags: StudyFlags, places: Places): ResolvedStudy {
  const source = looksLikeFile(named) ? within(places.cwd, named) : presetPath(named, places);
  const label = looksLikeFile(named) ? named : `preset ${named}`;
  const located = { ...places, project: dirname(source) };
  const check = objectiveCheck(located);
  const study = withExecutor(parseJson(readStudy(source, named), label), flags.executor);
  const file = parseStudy(withNetworkFile(study, source, label), label, check);
  const changed = withFlags(file, flags);
  const problems = changed === file ? [] : meaningProblems(changed, check);
  if (problems.length > 0) throw new InvalidInput(`${label} with the flags given`, problems);
  const kind = objectiveKind(changed.objective.kind);
  const objective = kind?.located(changed.objective, located);
  return {
    ...studyOf(objective === undefined ? changed : { ...changed, objective }),
    pruner: changed.pruner ?? null,
    named,
    source,
    notes: [
      ...notesOn(changed),
      ...(objective === undefined ? [] : (kind?.environmentNotes(objective, process.env) ?? [])),
    ],
  };
}

function presetPath(named: string, { resources }: Places): string {
  const names = presetNames(resources);
  if (names.includes(named)) return presetFile(resources, named);
  const nearest = nearestName(named, names);
  const guess = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  const presets = `The presets are ${names.join(', ')}; to run a study file, give its path, e.g. ./${named}.json.`;
  throw new UsageError(
    `there is no preset ${JSON.stringify(named)}.${guess} ${presets}`,
    'unknown-study',
  );
}

function readStudy(source: string, named: string): string {
  try {
    return readFileSync(source, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new UsageError(`there is no file ${named}`, 'unknown-study');
    if (code === 'EISDIR')
      throw new UsageError(`${named} is a folder; expected a study file`, 'unknown-study');
    if (code === 'EACCES') throw new UsageError(`no permission to read ${named}`, 'unknown-study');
    throw error;
  }
}

function withFlags(
  file: StudyFile,
  { trials, minutes, target, seed, packing, devices, ...flags }: StudyFlags,
): StudyFile {
  const sampler = changedSetting(flags.sampler, file.sampler, presentName);
  const pruner = changedSetting(flags.pruner, file.pruner ?? null);
  const stop = {
    ...file.stop,
    ...(trials === undefined ? {} : { trials }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(target === undefined ? {} : { target }),
  };
  const limitsChanged = trials !== undefined || minutes !== undefined || target !== undefined;
  const others = [sampler, pruner, seed, packing, devices].some((flag) => flag !== undefined);
  if (!limitsChanged && !others) return file;
  return {
    ...file,
    ...(pruner === undefined ? {} : { pruner }),
    ...(packing === undefined ? {} : { packing }),
    ...(devices === undefined ? {} : { devices: devices.map(deviceId) }),
    stop,
    sampler: sampler ?? file.sampler,
    seed: seed ?? file.seed,
  };
}

/**
 * Returns the sampler or pruner that a flag names; undefined: the flag is absent, or names that of
 * the file without settings, which keeps its own.
 */
function changedSetting<Spec extends { readonly name: string }>(
  flag: string | undefined,
  own: Spec | null,
  present = (name: string): string => name,
): Spec | { readonly name: string; readonly [setting: string]: unknown } | undefined {
  if (flag === undefined) return undefined;
  const { name, ...settings } = settingOf(flag);
  if (present(name) === own?.name && Object.keys(settings).length === 0) return undefined;
  return { ...settings, name: present(name) };
}

/** Replaces the executor that the objective selects; whether it can is checked with the study. */
function withExecutor(study: unknown, executor: StudyFlags['executor']): unknown {
  if (executor === undefined || !isFields(study) || !isFields(study['objective'])) return study;
  // No other executor than wasm can keep its bits.
  const { bits, ...rest } = study['objective'];
  const kept = executor === 'wasm' && bits !== undefined ? { bits } : {};
  return { ...study, objective: { ...rest, executor, ...kept } };
}

function within(cwd: string, path: string): string {
  return isAbsolute(path) ? path : resolve(cwd, path);
}
