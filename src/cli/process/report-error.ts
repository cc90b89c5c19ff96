/** Prints errors: sentences on stderr, or one JSON object on stderr with `--json`. */
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import type { ErrorOutput } from '../../protocol/cli-output.ts';
import { exitCodeOf } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';

export interface ErrorFrame {
  readonly json: boolean;
  /** Adds stacks, for reports of internal errors. */
  readonly debug: boolean;
}

export function reportError(
  error: unknown,
  stderr: { write(text: string): unknown },
  { json, debug }: ErrorFrame,
): ExitCode {
  stderr.write(json ? `${JSON.stringify(errorOutput(error))}\n` : `${sentences(error)}\n`);
  if (debug && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}

function sentences(error: unknown): string {
  if (error instanceof InvalidInput && error.problems.length > 1) {
    return `galapagos: ${error.problems.length} problems\n${indent(error.message)}`;
  }
  if (error instanceof GalapagosError) return `galapagos: ${error.message}`;
  const text = error instanceof Error ? error.message : String(error);
  return `galapagos: internal error: ${text} (set GALAPAGOS_DEBUG=1 for the stack trace)`;
}

function errorOutput(error: unknown): ErrorOutput {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof GalapagosError ? error.code : 'internal';
  const problems =
    error instanceof InvalidInput
      ? error.problems.map((problem) => ({ ...problem, hint: problem.hint ?? null }))
      : [];
  return { ok: false, error: { code, message, problems } };
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
