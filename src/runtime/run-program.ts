/** Runs a program of the operating system or a scheduler to its end and collects its output. */
import { execFile } from 'node:child_process';
import { GalapagosError } from '../core/errors.ts';

export interface ProgramResult {
  /** Exit status; null if a signal or the time-out ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program of `command[0]`, without a shell.
 * @param input for its standard input; default: nothing
 * @throws GalapagosError `program-failed` if it is not installed or cannot be started
 */
export type RunProgram = (command: readonly string[], input?: string) => Promise<ProgramResult>;

/** Longest that one of these programs takes, in ms, before it is ended. */
const LONGEST_MS = 60_000;

export const runProgram: RunProgram = ([program = '', ...args], input = '') =>
  new Promise((resolve, reject) => {
    const options = { encoding: 'utf8', timeout: LONGEST_MS, windowsHide: true } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (child.pid === undefined) reject(notStarted(program, error));
      else resolve({ code: child.exitCode, stdout, stderr });
    });
    // A program that ends without reading its input closes the pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

/**
 * Runs a program that must succeed, and returns its standard output.
 * @throws GalapagosError `program-failed`, with the command and what the program reported
 */
export async function succeed(
  run: RunProgram,
  command: readonly string[],
  input?: string,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, input);
  if (code === 0) return stdout;
  const found = firstLine(stderr) ?? firstLine(stdout) ?? 'no message';
  const status = code === null ? 'was ended' : `exited with status ${code}`;
  const message = `${command.join(' ')} ${status}: ${found}`;
  throw new GalapagosError('program-failed', message, { command: command.join(' '), found });
}

function firstLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');
}

function notStarted(program: string, error: unknown): GalapagosError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const found = error instanceof Error ? error.message : String(error);
  const message = missing ? `${program} is not installed` : `${program} cannot start: ${found}`;
  return new GalapagosError('program-failed', message, { command: program, found }, error);
}
