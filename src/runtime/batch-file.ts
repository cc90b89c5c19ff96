/**
 * Starts batch files of Windows (`.bat`, `.cmd`) through its command interpreter with arguments
 * that arrive as they are: no character ends the command or names a variable (CVE-2024-27980). The
 * rules are those of Rust's standard library.
 */
import { win32 } from 'node:path';
import { variableOf } from './environment-variables.ts';

/** File and arguments for `spawn`. */
export interface Startable {
  readonly program: string;
  readonly args: readonly string[];
  /** The arguments are quoted already. */
  readonly windowsVerbatimArguments?: true;
}

/** Returns whether a file is one that the command interpreter of Windows reads. */
export function isBatchFile(path: string, platform: NodeJS.Platform = process.platform): boolean {
  // Windows leaves out dots and spaces at the end of a name.
  return platform === 'win32' && /\.(bat|cmd)[. ]*$/i.test(path);
}

/**
 * Returns why a program cannot be given its arguments; null: it can. A batch file cannot be given a
 * line break, which ends a command.
 * @param program path of a file
 */
export function argumentProblem(
  program: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
): string | null {
  if (!isBatchFile(program, platform)) return null;
  const broken = args.find((arg) => /[\r\n]/.test(arg));
  return broken === undefined
    ? null
    : `${program} is a batch file: expected arguments without line breaks, found ${JSON.stringify(broken)}`;
}

/**
 * Returns what is started for a program.
 * @param program path of a file
 * @throws Error with the text of `argumentProblem`
 */
export function startable(
  program: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): Startable {
  if (!isBatchFile(program, platform)) return { program, args };
  const problem = argumentProblem(program, args, platform);
  if (problem !== null) throw new Error(problem);
  const root = variableOf(env, 'SystemRoot', platform) ?? String.raw`C:\Windows`;
  const line = [`"${program}"`, ...args.map(batchWord)].join(' ');
  return {
    program: win32.join(root, 'System32', 'cmd.exe'),
    // Extensions on, for the text that stands before "%"; no expansion of "!"; no AutoRun.
    args: ['/e:ON', '/v:OFF', '/d', '/c', `"${line}"`],
    windowsVerbatimArguments: true,
  };
}

/** Characters of a word without quotation marks. */
const BARE = /^[\w#$*+\-./:?@\\\u00A0-\uFFFF]+$/;

/** Quotes an argument for the interpreter and for the program that the batch file passes it to. */
function batchWord(argument: string): string {
  const text = argument
    .replaceAll(/(\\*)"/g, '$1$1""')
    // An empty part of a variable that is always set: "%" then begins no name.
    .replaceAll('%', '%%cd:~,%');
  const isBare = BARE.test(argument) && !argument.endsWith('\\');
  return isBare ? text : `"${text.replace(/\\+$/, '$&$&')}"`;
}
