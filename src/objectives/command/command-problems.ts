/** Checks an objective `command` before a study starts: placeholders, program, folder, rules. */
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Problem } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { SearchSpace } from '../../core/search-space/distribution.ts';
import type { CommandObjective, ValueRule } from '../../protocol/command-objective.ts';
import type { ObjectivePlaces } from '../objective-kind.ts';
import { withVariables } from '../../runtime/environment-variables.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { configProblems } from './config/config-problems.ts';
import { passesConfig } from './config/trial-config.ts';
import { isInside } from './is-inside.ts';
import { RESERVED, parameterVariable, statedVariables } from './attempt/environment.ts';
import { locatedPython, pythonMissing, withPython } from './python/python.ts';
import { isPermitted, runsChosen } from './permission.ts';
import { projectSizeProblems } from './snapshot/project-size.ts';
import { walkProject } from './snapshot/project-walk.ts';
import {
  ALL_PARAMETERS,
  FACTS,
  parseArgument,
  placeholdersOf,
  runsPythonModule,
} from './template.ts';

export function commandProblems(
  objective: CommandObjective,
  space: SearchSpace,
  places: ObjectivePlaces,
): Problem[] {
  const { command, env = {}, result, reports, epochs, seed, folder } = objective;
  const { project } = places;
  const wrongPlaces = placeProblems(objective, places);
  const absolute = project === undefined ? folder : workingFolder(folder, project);
  return [
    ...textProblems(objective, space),
    ...command.flatMap((argument, i) => argumentProblems(argument, i, space, objective)),
    ...wrongPlaces,
    // Files are read only of a command that may be started here.
    ...(wrongPlaces.length === 0
      ? configProblems(objective, space, { ...places, project, folder: absolute })
      : []),
    ...pythonProblems(objective, places),
    ...containerProblems(objective),
    ...(result === undefined ? [] : ruleProblems(result, 'objective.result')),
    ...(reports === undefined ? [] : ruleProblems(reports, 'objective.reports')),
    ...reservedNames(env),
    ...collisions(space),
    ...(typeof epochs === 'object' && !Object.hasOwn(space, epochs.$param)
      ? [unknownParameter('objective.epochs.$param', epochs.$param, Object.keys(space))]
      : []),
    ...(typeof seed === 'object' && !Object.hasOwn(space, seed.$param)
      ? [unknownParameter('objective.seed.$param', seed.$param, Object.keys(space))]
      : []),
  ];
}

/** Sentences on parameters that the command line does not contain. */
export function commandNotes(objective: CommandObjective, space: SearchSpace): string[] {
  const { command, seed, config } = objective;
  if (config !== undefined)
    return passesConfig(objective, Object.keys(space))
      ? []
      : [
          `the command does not contain {config}: the program has to open ${config.file} itself, which has the values of the trial in the copy of the project folder`,
        ];
  const used = placeholdersOf(command);
  if (ALL_PARAMETERS.some((name) => used.has(name)) || runsPythonModule(command)) return [];
  const own = typeof seed === 'object' ? seed.$param : null;
  const unused = Object.keys(space).filter((name) => name !== own && !used.has(name));
  if (unused.length === 0) return [];
  const [names, variables] = [unused.join(', '), unused.map(parameterVariable).join(', ')];
  return [
    `the command does not contain ${names}: the program has to read ${variables} or the file that GALAPAGOS_PARAMS names`,
  ];
}

/** @param command fields of the study file, for the working folder of its program */
export function workingFolder(folder: string, project: string): string {
  return resolve(project, folder);
}

/** Texts that no program can be given: it receives bytes, which a NUL ends. */
function textProblems(
  { command, folder, env = {}, container }: CommandObjective,
  space: SearchSpace,
): Problem[] {
  const texts: readonly (readonly [string, unknown])[] = [
    ...command.map((argument, i) => [`objective.command[${i}]`, argument] as const),
    ['objective.folder', folder],
    ['objective.container.image', container?.image],
    ...Object.entries(env).map(([name, value]) => [`objective.env.${name}`, value] as const),
    ...Object.entries(space).flatMap(([name, axis]) =>
      'choices' in axis
        ? axis.choices.map((choice, i) => [`searchSpace.${name}.choices[${i}]`, choice] as const)
        : [],
    ),
  ];
  return texts.flatMap(([path, text]) =>
    typeof text === 'string' && (text.includes('\0') || /\p{Surrogate}/u.test(text))
      ? [
          {
            code: 'text',
            path,
            expected: 'a text without the character NUL and without half a surrogate pair',
            found: JSON.stringify(text),
          },
        ]
      : [],
  );
}

function argumentProblems(
  argument: string,
  place: number,
  space: SearchSpace,
  { config }: CommandObjective,
): Problem[] {
  const path = `objective.command[${place}]`;
  const found = JSON.stringify(argument);
  const parts = parseArgument(argument);
  if (parts === null)
    return [
      {
        code: 'placeholder',
        path,
        expected: 'a placeholder such as {name}, or {{ and }} for braces',
        found,
      },
    ];
  return parts.flatMap((part) => {
    if (!('placeholder' in part)) return [];
    const { placeholder } = part;
    if (place === 0)
      return [{ code: 'placeholder', path, expected: 'a program without placeholders', found }];
    if (ALL_PARAMETERS.some((name) => name === placeholder))
      return parts.length === 1
        ? []
        : [{ code: 'placeholder', path, expected: `{${placeholder}} as a whole argument`, found }];
    const parameter = Object.hasOwn(space, placeholder) ? space[placeholder] : undefined;
    if (parameter?.when !== undefined)
      return [
        {
          code: 'placeholder',
          path,
          expected: 'parameters that every trial has',
          found: `{${placeholder}}, which has a condition`,
          hint: '{params:flags}, {params:hydra} and GALAPAGOS_PARAMS leave out parameters without a value',
        },
      ];
    if (parameter === undefined && placeholder === 'config' && config === undefined)
      return [
        {
          code: 'placeholder',
          path,
          expected: '"config": {"file": …} in the objective',
          found: '{config} without it',
          hint: 'name the configuration file there',
        },
      ];
    if (parameter !== undefined || FACTS.some((name) => name === placeholder)) return [];
    const facts = FACTS.filter((name) => name !== 'config' || config !== undefined);
    const names = [...Object.keys(space), ...facts, ...ALL_PARAMETERS];
    return [unknownParameter(path, placeholder, names)];
  });
}

function unknownParameter(path: string, name: string, names: readonly string[]): Problem {
  const nearest = nearestName(name, names);
  return {
    code: 'unknown-param',
    path,
    expected: `one of ${names.join(', ')}`,
    found: name,
    hint: nearest === undefined ? undefined : `did you mean ${nearest}?`,
  };
}

function placeProblems(objective: CommandObjective, places: ObjectivePlaces): Problem[] {
  const { project, userFolder, scripts = [] } = places;
  const { folder, command, env = {}, python } = objective;
  const path = 'objective.folder';
  if (project === undefined) {
    if (scripts.length > 0 && !isAbsolute(folder))
      return [{ code: 'missing-file', path, expected: 'an absolute path', found: folder }];
    const isKnown = userFolder !== undefined && isPermitted(userFolder, objective);
    if (!isKnown && !runsChosen(objective, scripts)) return [notStartedHere(scripts)];
  }
  const absolute = project === undefined ? folder : workingFolder(folder, project);
  const found = folderFound(absolute);
  if (found !== null) return [{ code: 'missing-file', path, expected: 'a folder', found }];
  if (project !== undefined && !isInside(absolute, project))
    return [
      {
        code: 'outside-project',
        path,
        expected: `a folder in ${project}, the folder of the study file`,
        found: absolute,
        hint: 'move the study file to the folder of the project',
      },
    ];
  const sizes =
    project === undefined
      ? []
      : projectSizeProblems(
          walkProject(project, { own: userFolder === undefined ? [] : [userFolder] }),
        );
  if (sizes.length > 0) return sizes;
  if (objective.container !== undefined) return [];
  if (pythonProblems(objective, places).length > 0) return [];
  const [program = ''] = command;
  if (program === '' || (parseArgument(program) ?? []).some((part) => 'placeholder' in part))
    return program === ''
      ? [{ code: 'program', path: 'objective.command[0]', expected: 'a program', found: '""' }]
      : [];
  const started = withPython(
    { command, folder: absolute, python: locatedPython(project ?? '/', python) },
    program,
    withVariables(process.env, statedVariables(env)),
  );
  const runnable = findProgram(started.program, absolute, started.env);
  return 'path' in runnable
    ? []
    : [
        {
          code: 'program',
          path: 'objective.command[0]',
          expected: `the program ${JSON.stringify(started.program)}`,
          found: runnable.missing,
        },
      ];
}

function pythonProblems({ python }: CommandObjective, { project }: ObjectivePlaces): Problem[] {
  if (python === undefined || project === undefined) return [];
  const found = pythonMissing(project, python);
  const expected = 'the folder of a Python environment, or an interpreter';
  return found === null ? [] : [{ code: 'python', path: 'objective.python', expected, found }];
}

function notStartedHere(scripts: readonly string[]): Problem {
  const problem = { code: 'command-not-started-here', path: 'objective.command' };
  if (scripts.length > 0)
    return {
      ...problem,
      expected: 'a command that runs the script chosen here',
      found: 'another one',
      hint: 'name the script in the command, or start the study file with galapagos run',
    };
  return {
    ...problem,
    expected: 'a command that galapagos run has started on this machine',
    found: 'another one',
    hint: 'start its study file with galapagos run: a browser or a lab file starts no new program',
  };
}

function containerProblems({ container, python, env = {} }: CommandObjective): Problem[] {
  if (container === undefined) return [];
  const { engine } = container;
  const found = findProgram(engine, '/', withVariables(process.env, statedVariables(env)));
  const path = 'objective.container';
  return [
    ...('path' in found
      ? []
      : [
          {
            code: 'program',
            path: `${path}.engine`,
            expected: `the program ${JSON.stringify(engine)}`,
            found: found.missing,
          },
        ]),
    ...(python === undefined
      ? []
      : [
          {
            code: 'container',
            path: 'objective.python',
            expected: 'none, because the image of "container" brings its own Python',
            found: python,
          },
        ]),
    ...(process.platform === 'win32'
      ? [
          {
            code: 'container',
            path,
            expected: 'Linux or macOS, whose folders have the same paths in a container',
            found: 'Windows',
          },
        ]
      : []),
  ];
}

/** Text after "found"; null: it is a folder. */
export function folderFound(path: string): string | null {
  try {
    return statSync(path).isDirectory() ? null : `${path}, which is not a folder`;
  } catch {
    return `no folder ${path}`;
  }
}

function ruleProblems(rule: ValueRule, path: string): Problem[] {
  const [name, pattern] = Object.entries(rule)[0] ?? [];
  if (pattern === undefined || (name !== 'stdout' && name !== 'output')) return [];
  const expected = 'a regular expression with one group, such as "accuracy: ([0-9.]+)"';
  const at = `${path}.${name}`;
  try {
    // An alternative that always matches tells the number of groups.
    const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
    if (groups === 1) return [];
    const found = groups === 0 ? 'none' : `${groups} groups`;
    const hint =
      groups === 0
        ? 'put the number in round brackets'
        : 'write (?:…) for brackets that are no value';
    return [{ code: 'rule', path: at, expected, found: `${pattern}, with ${found}`, hint }];
  } catch (error) {
    const found = error instanceof Error ? error.message : pattern;
    return [{ code: 'rule', path: at, expected, found }];
  }
}

function reservedNames(env: Readonly<Record<string, unknown>>): Problem[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(RESERVED))
    .map((name) => ({
      code: 'reserved-name',
      path: `objective.env.${name}`,
      expected: `a name that does not begin with ${RESERVED}`,
      found: name,
    }));
}

/** Parameters whose variables have one name, which has no case on Windows. */
export function collisions(
  space: SearchSpace,
  platform: NodeJS.Platform = process.platform,
): Problem[] {
  const first = new Map<string, string>();
  return Object.keys(space).flatMap((name) => {
    const variable = parameterVariable(name);
    const key = platform === 'win32' ? variable.toUpperCase() : variable;
    const other = first.get(key);
    if (other === undefined) first.set(key, name);
    return other === undefined
      ? []
      : [
          {
            code: 'name-collision',
            path: `searchSpace.${name}`,
            expected: `a name whose variable differs from that of ${other}`,
            found: `${variable} for both`,
          },
        ];
  });
}
