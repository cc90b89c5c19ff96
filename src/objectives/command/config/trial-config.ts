/**
 * The configuration file of a trial: the file of the project folder with the values of the trial,
 * and where an attempt's program finds it.
 */
import { mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { ParamValue, Params } from '../../../core/search-space/distribution.ts';
import type { CommandObjective } from '../../../protocol/command-objective.ts';
import { isInside } from '../is-inside.ts';
import { readSnapshotFile } from '../snapshot/read-snapshot-file.ts';
import { ALL_PARAMETERS, fillInValue, placeholdersOf } from '../template.ts';
import type { TrialFacts } from '../template.ts';
import { ConfigError } from './config-entry.ts';
import { entriesOf, withValues } from './config-text.ts';

/** Largest file, in bytes. */
const MOST_BYTES = 1 << 20;

/**
 * True if the command is given the path of the copy, else the program opens the file by its name.
 */
export function passesConfig(
  { command }: Pick<CommandObjective, 'command'>,
  params: Iterable<string>,
): boolean {
  return placeholdersOf(command).has('config') && ![...params].includes('config');
}

/** True if a program is told a parameter otherwise than by a value of its name in the file. */
export function isToldOtherwise(
  { command, seed, config }: Pick<CommandObjective, 'command' | 'seed' | 'config'>,
  name: string,
): boolean {
  const used = placeholdersOf(command);
  const inSet = Object.values(config?.set ?? {}).filter((value) => typeof value === 'string');
  return (
    used.has(name) ||
    ALL_PARAMETERS.some((all) => used.has(all)) ||
    placeholdersOf(inSet).has(name) ||
    (typeof seed === 'object' && seed.$param === name)
  );
}

/** @throws ConfigError where there is no such file, it is too large, or no text */
export function readConfig(path: string): string {
  try {
    const size = statSync(path, { throwIfNoEntry: false });
    if (size === undefined) throw new ConfigError(`no file ${path}`);
    if (!size.isFile()) throw new ConfigError(`${path}, which is not a file`);
    if (size.size > MOST_BYTES)
      throw new ConfigError(`${path}, which has more than ${String(MOST_BYTES >> 20)} MiB`);
    return textOf(readFileSync(path), path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${JSON.stringify(path)}, which cannot be read: ${why}`);
  }
}

/** Characters of another encoding would be lost in the copies of trials. */
function textOf(bytes: Buffer, path: string): string {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) throw new ConfigError(`${path}, which is no text in UTF-8`);
  return text;
}

/**
 * Text of the file as a study's trials find it: of the snapshot, or where the study has none, or
 * its snapshot leaves the file out, of the project folder now.
 * @param objective its folder is absolute
 * @throws ConfigError
 */
export function studyConfig(
  { folder, snapshot }: Pick<CommandObjective, 'folder' | 'snapshot'>,
  file: string,
  userFolder: string | undefined,
): string {
  if (snapshot !== undefined && userFolder !== undefined) {
    const path = posix.normalize(posix.join(snapshot.folder, file));
    const bytes = readSnapshotFile(userFolder, snapshot.hash, path);
    if (bytes !== null) return textOf(bytes, file);
  }
  return readConfig(join(folder, file));
}

/** The text with the values of a trial. @throws ConfigError where the text does not parse */
export function filledConfig(
  { file, set = {} }: NonNullable<CommandObjective['config']>,
  text: string,
  params: Params,
  facts: TrialFacts,
): string {
  const values: Record<string, ParamValue> = { ...params };
  for (const [name, value] of Object.entries(set))
    values[name] = typeof value === 'string' ? fillInValue(value, params, facts) : value;
  return withValues(file, text, values);
}

/** Folders of an attempt. */
interface ConfigPlace {
  /** Absolute path of the working folder. */
  readonly folder: string;
  /** Absolute path of the copy of the project folder; undefined: there is none. */
  readonly copy: string | undefined;
  /** Absolute path of a folder that is emptied after the attempt. */
  readonly temporaryDir: string;
}

/** Absolute path of the file that an attempt's program opens. */
export function configPath(
  { file }: NonNullable<CommandObjective['config']>,
  isPassed: boolean,
  { folder, temporaryDir }: ConfigPlace,
): string {
  // With its own name, from which programs derive the names of their results.
  return isPassed ? join(temporaryDir, 'config', basename(file)) : join(folder, file);
}

/**
 * Writes the file for an attempt.
 * @param path as `configPath` returns it
 * @throws ConfigError where it cannot be read or written, or lacks a value
 */
export function writeConfig(
  objective: CommandObjective & { readonly config: NonNullable<CommandObjective['config']> },
  path: string,
  params: Params,
  facts: TrialFacts,
  place: ConfigPlace,
): void {
  const { config } = objective;
  const original = join(place.folder, config.file);
  const found = readConfig(original);
  const entries = entriesOf(original, found);
  const lost = Object.keys({ ...params, ...config.set }).find(
    (name) => !entries.has(name) && !isToldOtherwise(objective, name),
  );
  if (lost !== undefined)
    throw new ConfigError(
      `no value with the name ${lost}; the file was changed after the study had begun`,
    );
  const text = filledConfig(config, found, params, facts);
  if (path === original) {
    const { copy } = place;
    if (copy === undefined)
      throw new ConfigError(
        'a command with {config}: without it, trials write the file in a copy of the project folder, and this study has none',
      );
    if (!isInside(dirname(path), copy))
      throw new ConfigError(
        `${config.file} in the copy of the project folder; its folder is a link to ${realpathSync(dirname(path))}: add it to .galapagosignore with "!", or pass {config} to the program`,
      );
    // It may be a link to the file of the project folder.
    rmSync(path, { force: true });
  } else mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text);
}
