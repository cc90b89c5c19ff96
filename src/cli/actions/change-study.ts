/** Carries out `galapagos studies rename | note | delete | restore | remove | duplicate`. */
import { resolve } from 'node:path';
import type { z } from 'zod';
import { InvalidInput } from '../../core/errors.ts';
import { freeName, takenText } from '../../core/free-name.ts';
import { knownStudy, studyOutput } from '../../documents/lab-output.ts';
import { studyFileOf } from '../../documents/study-file-of.ts';
import { check } from '../../protocol/problems.ts';
import { studyName, studyNote } from '../../protocol/study-file.ts';
import { decideOrThrow } from '../../studies/decide-or-throw.ts';
import { describeStudy, removeStudy } from '../../studies/describe-study.ts';
import type { Description } from '../../studies/describe-study.ts';
import { looksLikeFile } from '../../studies/looks-like-file.ts';
import { withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';
import { quoted } from '../run/resume-command.ts';
import { changeStudy } from './change-lab.ts';

export interface DuplicateOptions extends LabOptions {
  readonly name?: string;
  readonly output?: string;
}

export function renameStudy(
  context: Context,
  named: string,
  given: string,
  options: LabOptions,
): Promise<void> {
  const name = parsed(studyName, given, 'the new name');
  return describe(context, named, { name }, options, (before) => [`Renamed ${before} to ${name}.`]);
}

export function annotateStudy(
  context: Context,
  named: string,
  given: string,
  options: LabOptions,
): Promise<void> {
  const note = parsed(studyNote, given.replaceAll('\r\n', '\n'), 'the note');
  return describe(context, named, { note }, options, (name) => [
    `${note === '' ? 'Removed' : 'Saved'} the note on ${name}.`,
  ]);
}

export function deleteStudy(context: Context, named: string, options: LabOptions): Promise<void> {
  return describe(context, named, { deleted: true }, options, (name) => [
    `Deleted ${name}. Its trials are still in ${options.lab}:`,
    `  galapagos studies restore ${quoted(name)}   brings it back`,
    `  galapagos studies remove ${quoted(name)}    removes it for good`,
  ]);
}

export function restoreStudy(context: Context, named: string, options: LabOptions): Promise<void> {
  return describe(context, named, { deleted: false }, options, (name) => [`Restored ${name}.`]);
}

/** @param said returns lines for the terminal, from the name that the study had before */
async function describe(
  context: Context,
  named: string,
  change: Description,
  { lab, json = false }: LabOptions,
  said: (name: string) => readonly string[],
): Promise<void> {
  let name = named;
  const after = await changeStudy(context, lab, named, (coordinator, study, names) => {
    name = study.name;
    // The program that ran it was killed.
    if (change.deleted === true && study.state === 'running')
      decideOrThrow(coordinator, { type: 'studyPaused', study: study.uid, graceMs: 0 });
    describeStudy(coordinator, study.uid, change, names);
  });
  if (after === null) throw new UsageError(`${named} is no longer in ${lab}`, 'unknown-study');
  if (json) printJson(context, { lab, study: studyOutput(after) });
  else print(context, said(name));
}

export async function removeForGood(
  context: Context,
  named: string,
  { lab, json = false }: LabOptions,
): Promise<void> {
  let removed = named;
  await changeStudy(context, lab, named, async (coordinator, study) => {
    removed = study.name;
    await removeStudy(coordinator, study.uid, context.userFolder);
  });
  if (json) printJson(context, { lab, removed });
  else print(context, [`Removed ${removed} from ${lab}.`]);
}

export async function duplicateStudy(
  context: Context,
  named: string,
  options: DuplicateOptions,
): Promise<void> {
  const { lab, json = false, name: given, output } = options;
  const { study, names } = await withLab(context, lab, (reader) => ({
    study: knownStudy(reader, named, lab),
    names: new Set(reader.names().map((other) => other.name)),
  }));
  const name =
    given === undefined
      ? freeName(names, study.name)
      : untaken(names, parsed(studyName, given, '--name'));
  const content = `${JSON.stringify({ ...studyFileOf(study), name }, null, 2)}\n`;
  if (output === undefined) {
    context.streams.stdout.write(content);
    return;
  }
  writeAtomically(resolve(context.streams.cwd, output), content);
  // `run` treats an argument as a file if it contains a slash or ends in .json.
  const file = looksLikeFile(output) ? output : `./${output}`;
  if (json) printJson(context, { lab, study: study.name, name, file: output });
  else
    print(context, [
      `Wrote ${output}: ${study.name} as ${name}. galapagos run ${quoted(file)} starts it.`,
    ]);
}

function untaken(names: ReadonlySet<string>, name: string): string {
  if (!names.has(name)) return name;
  throw new UsageError(takenText(name, freeName(names, name)));
}

/** @throws InvalidInput */
function parsed(schema: z.ZodType<string>, given: string, what: string): string {
  const result = check(schema, given);
  if (result.ok) return result.value;
  throw new InvalidInput(what, result.problems);
}
