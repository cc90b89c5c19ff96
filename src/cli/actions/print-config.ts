/** Carries out `galapagos config`. */
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import type { ConfigOutput } from '../../protocol/script-output.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { configOf } from '../../studies/command-lines.ts';
import { withLab } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

interface Flags {
  readonly lab: string;
  readonly output?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

/** @throws GalapagosError if the study has no configuration file, or `output` exists */
export async function printConfig(
  context: Context,
  named: string,
  number: number | undefined,
  { lab, output, replace = false, json = false }: Flags,
): Promise<void> {
  const { study, trial } = await withLab(context, lab, (reader) => {
    const study = knownStudy(reader, named, lab);
    return { study, trial: trialOf(reader, study, number) };
  });
  const config =
    study.spec === null
      ? null
      : configOf(study.spec, trial.number, trial.params, context.userFolder);
  if (config === null)
    throw new UsageError(
      `${study.name} has no configuration file: its objective has no field "config"`,
    );
  const file = output === undefined ? null : resolve(context.streams.cwd, output);
  // The line that runs a trial again is pasted more than once.
  const isThere = file !== null && isFile(file) && readFileSync(file, 'utf8') === config.text;
  if (file !== null && !isThere) {
    if (isFile(file)) makeRoom(file, replace);
    writeAtomically(file, config.text);
  }
  const about: ConfigOutput = {
    study: study.name,
    trial: trial.number,
    config: config.file,
    text: config.text,
    ...(file === null ? {} : { file }),
  };
  if (json) printJson(context, about);
  else if (file === null) context.streams.stdout.write(config.text);
  else
    print(context, [
      `${isThere ? 'Unchanged' : 'Wrote'} ${output ?? ''}: ${config.file} with the values of trial ${trial.number}.`,
    ]);
}

function trialOf(reader: LabReader, study: StudySummary, number: number | undefined) {
  const key = study.uid ?? study.name;
  if (number === undefined) {
    const best = (reader.front(key) ?? reader.best(key, 1))[0];
    if (best === undefined) throw new UsageError(`no trial of ${study.name} has a value yet`);
    return best;
  }
  const story = reader.story(key, number);
  if (story === null) throw new UsageError(`${study.name} has no trial ${number}`, 'unknown-trial');
  return story.trial;
}

/** False for a folder, in the place of which no file can be written. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function makeRoom(file: string, replace: boolean): void {
  const kept = `${file}.bak`;
  if (!replace)
    throw new GalapagosError(
      'not-written',
      `${file} exists and is not overwritten: name another file with --output, or move it to ${kept} with --replace`,
      { file },
    );
  if (existsSync(kept))
    throw new GalapagosError(
      'not-written',
      `${kept} exists and is not overwritten: move it away, then try again`,
      { file: kept },
    );
  renameSync(file, kept);
}
