/**
 * Checks the configuration file of an objective `command` before a study starts: that it parses,
 * and that each parameter has an entry of its type or is passed otherwise.
 */
import { isAbsolute, join } from 'node:path';
import type { Problem } from '../../../core/errors.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import type { Distribution, SearchSpace } from '../../../core/search-space/distribution.ts';
import type { CommandObjective } from '../../../protocol/command-objective.ts';
import { isInside } from '../is-inside.ts';
import { parseArgument } from '../template.ts';
import { ConfigError, kindOf } from './config-entry.ts';
import type { ConfigEntry, EntryKind } from './config-entry.ts';
import { CONFIG_ENDINGS, entriesOf, isConfigPath, isTomlPath, lineText } from './config-text.ts';
import { isToldOtherwise, passesConfig, studyConfig } from './trial-config.ts';

const FILE = 'objective.config.file';

/** Words for a kind of entry. */
const WORDS: Readonly<Record<EntryKind, string>> = {
  number: 'a number',
  text: 'a text',
  boolean: 'true or false',
  nothing: 'nothing',
  group: 'a group of values',
  other: 'a value that cannot be replaced',
};

interface Places {
  /** Absolute path of the working folder. */
  readonly folder: string;
  /** Absolute path of the study file's folder; undefined: the study comes from no file. */
  readonly project: string | undefined;
  readonly userFolder?: string;
  /** True if the program runs in the project folder itself. */
  readonly inProject?: boolean;
}

export function configProblems(
  objective: CommandObjective,
  space: SearchSpace,
  { folder, project, userFolder, inProject = false }: Places,
): Problem[] {
  const { config } = objective;
  if (config === undefined) return [];
  const { file } = config;
  const wrong = pathProblem(file);
  if (wrong !== null) return [wrong];
  const isPassedOn = passesConfig(objective, Object.keys(space));
  if (inProject && objective.snapshot === undefined && !isPassedOn)
    return [
      {
        code: 'config',
        path: 'objective.command',
        expected: `{config} in the command, because your own ${file} is not changed`,
        found: 'a command without it in the project folder itself',
        hint: 'pass {config} to the program, or start the study with a copy of the project folder',
      },
    ];
  let text: string;
  let entries: ReadonlyMap<string, ConfigEntry>;
  try {
    text = studyConfig({ ...objective, folder }, file, userFolder);
    if (project !== undefined && !isInside(join(folder, file), project))
      return [
        {
          code: 'outside-project',
          path: FILE,
          expected: `a file in ${project}, the folder of the study file`,
          found: join(folder, file),
          hint: 'copy the file into the project',
        },
      ];
    entries = entriesOf(file, text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isAbsent = error.message.startsWith('no file');
    return [
      {
        code: isAbsent ? 'missing-file' : 'config',
        path: FILE,
        expected: isAbsent ? 'a file, relative to the working folder' : 'a file that parses',
        found: isAbsent ? error.message : `${file}: ${error.message}`,
      },
    ];
  }
  const about = { file, text, entries };
  return [
    ...Object.entries(space).flatMap(([name, axis]) =>
      isToldOtherwise(objective, name) ? [] : parameterProblems(name, axis, about),
    ),
    ...Object.entries(config.set ?? {}).flatMap(([name, value]) =>
      setProblems(name, value, space, about),
    ),
  ];
}

function pathProblem(file: string): Problem | null {
  const found = JSON.stringify(file);
  if (!isConfigPath(file)) {
    const expected = `a file that ends with ${CONFIG_ENDINGS.slice(0, -1).join(', ')} or ${CONFIG_ENDINGS.at(-1) ?? ''}`;
    return { code: 'config', path: FILE, expected, found };
  }
  if (isAbsolute(file) || /^[A-Za-z]:|\\/.test(file))
    return {
      code: 'config',
      path: FILE,
      expected: 'a path relative to the working folder, with "/" between names',
      found,
      hint: 'other machines of the lab find the file by it',
    };
  return null;
}

interface Text {
  readonly file: string;
  readonly text: string;
  readonly entries: ReadonlyMap<string, ConfigEntry>;
}

function parameterProblems(name: string, axis: Distribution, about: Text): Problem[] {
  const path = `searchSpace.${name}`;
  const entry = about.entries.get(name);
  if (entry === undefined) return [absent(path, name, about)];
  const kinds = kindsOf(axis);
  if (kinds.includes('nothing') && isTomlPath(about.file)) return [noNull(path)];
  if (kinds.includes(entry.kind) || (entry.kind === 'nothing' && kinds.length > 0)) return [];
  return [otherKind(path, kinds, entry, about)];
}

function noNull(path: string): Problem {
  return {
    code: 'config',
    path,
    expected: 'values other than null, which TOML lacks',
    found: 'null',
  };
}

/** Kinds of entries that values of a parameter replace. */
function kindsOf(axis: Distribution): EntryKind[] {
  if (axis.type !== 'categorical') return ['number'];
  return [...new Set(axis.choices.map(kindOf))];
}

function setProblems(
  name: string,
  value: string | number | boolean | null,
  space: SearchSpace,
  about: Text,
): Problem[] {
  const path = `objective.config.set.${name}`;
  if (Object.hasOwn(space, name))
    return [{ code: 'config', path, expected: 'a name that no parameter has', found: name }];
  const entry = about.entries.get(name);
  const problems = entry === undefined ? [absent(path, name, about)] : [];
  if (value === null && isTomlPath(about.file)) problems.push(noNull(path));
  if (entry?.kind === 'group' || entry?.kind === 'other')
    problems.push(otherKind(path, ['number', 'text', 'boolean'], entry, about));
  return [...problems, ...(typeof value === 'string' ? templateProblems(path, value, space) : [])];
}

/** Names that the text of "set" may contain besides parameters. */
const SET_FACTS = ['seed', 'trial', 'trialDir', 'checkpointDir'];

function templateProblems(path: string, template: string, space: SearchSpace): Problem[] {
  const found = JSON.stringify(template);
  const parts = parseArgument(template);
  if (parts === null) {
    const expected = 'a placeholder such as {seed}, or {{ and }} for braces';
    return [{ code: 'placeholder', path, expected, found }];
  }
  return parts.flatMap((part) => {
    if (!('placeholder' in part)) return [];
    const { placeholder } = part;
    const axis = Object.hasOwn(space, placeholder) ? space[placeholder] : undefined;
    const isKnown = axis !== undefined || SET_FACTS.includes(placeholder);
    if (isKnown && axis?.when === undefined) return [];
    const expected = isKnown
      ? 'parameters that every trial has'
      : `one of ${[...SET_FACTS, ...Object.keys(space)].join(', ')}`;
    return [{ code: 'placeholder', path, expected, found: `{${placeholder}}` }];
  });
}

function absent(path: string, name: string, { file, entries }: Text): Problem {
  const values = [...entries.values()].filter(({ kind }) => kind !== 'group');
  const last = name.split('.').at(-1);
  const near =
    nearestName(
      name,
      values.map((each) => each.name),
    ) ?? values.find((each) => each.name.split('.').at(-1) === last)?.name;
  return {
    code: 'config',
    path,
    expected: `a value with this name in ${file}`,
    found: 'none',
    hint:
      near === undefined
        ? 'add it to the file, or pass it in the command'
        : `did you mean ${near}?`,
  };
}

function otherKind(
  path: string,
  kinds: readonly EntryKind[],
  { name, kind, source, from }: ConfigEntry,
  { file, text }: Text,
): Problem {
  const shown = kind === 'group' ? '' : ` ${source.split('\n')[0] ?? ''}`;
  return {
    code: 'config',
    path,
    expected: `${kinds.map((each) => WORDS[each]).join(' or ')} at ${name} in ${file}, ${lineText(text, from)}`,
    found: `${WORDS[kind]}${shown}`,
  };
}
