/**
 * The command line that runs a trial's program again, outside of Galapagos, for a person to copy.
 */
import type { Params } from '../../core/search-space/distribution.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { withVariables } from '../../runtime/environment-variables.ts';
import { parameterVariable, statedVariables } from './attempt/environment.ts';
import { championConfigPath, championFolders, writingWords } from './champion-config.ts';
import { powershellCommand, powershellLiteral } from './powershell.ts';
import { seedAndParams } from './program-seed.ts';
import { programOfPython } from './python/python.ts';
import { ALL_PARAMETERS, commandLine, fillIn, placeholdersOf, valueText } from './template.ts';

/** A trial whose program is to run again. */
export interface Champion {
  /** Of the study. */
  readonly seed: number;
  readonly trial: number;
  /** Study and lab file of the trial; absent: the line does not write its configuration file. */
  readonly stored?: { readonly study: string; readonly lab: string } | undefined;
}

/**
 * Returns a line for a POSIX shell, or for PowerShell on Windows: the working folder, the variables
 * of the study and of parameters that the command does not contain, and the command. Where the
 * program has a configuration file, the line has it written first.
 */
export function championLine(
  objective: CommandObjective,
  chosen: Params,
  { seed, trial, stored }: Champion,
  platform: NodeJS.Platform = process.platform,
): string {
  const { command, folder, env = {}, python, config } = objective;
  const { seed: ofProgram, params } = seedAndParams(objective, chosen, seed, trial);
  const texts = Object.values(config?.set ?? {}).filter((value) => typeof value === 'string');
  const used = placeholdersOf([...command, ...texts]);
  const isTold = config !== undefined || ALL_PARAMETERS.some((name) => used.has(name));
  const unused = isTold ? [] : Object.entries(params).filter(([name]) => !used.has(name));
  const variables = [
    ...Object.entries(env).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ...unused.map(([name, value]) => [parameterVariable(name), valueText(value)]),
  ];
  const folders = championFolders(trial);
  const file = championConfigPath(objective, params, trial);
  const facts = { seed: ofProgram, trial, ...folders, config: file?.path };
  const filled = fillIn(command, params, facts);
  const writing =
    file === null || stored === undefined ? [] : writingWords(file, folder, trial, stored);
  const made = Object.entries(folders).flatMap(([name, path]) => (used.has(name) ? [path] : []));
  const [first = '', ...rest] = filled;
  const place = { command, folder, python };
  const program = programOfPython(place, first, withVariables(process.env, statedVariables(env)));
  if (platform === 'win32')
    return [
      ...(writing.length === 0 ? [] : powershellCommand(writing)),
      `cd -LiteralPath ${powershellLiteral(folder)}`,
      ...made.map((path) => `mkdir -Force ${path} | Out-Null`),
      ...variables.map(([name = '', value = '']) => `$env:${name} = ${powershellLiteral(value)}`),
      ...powershellCommand([program, ...rest]),
    ].join('; ');
  const line = commandLine([program, ...rest], platform);
  return [
    ...(writing.length === 0 ? [] : [commandLine(writing, platform)]),
    `cd ${commandLine([folder], platform)}`,
    ...made.map((path) => `mkdir -p ${path}`),
    [...variables.map(([name = '', value = '']) => assignment(name, value)), line].join(' '),
  ].join(' && ');
}

function assignment(name: string, value: string): string {
  return `${name}=${commandLine([value], 'linux')}`;
}
