/** Errors that cross layers: a code for programs, data for messages, a sentence for users. */

import type { ErrorCode } from './error-codes.ts';

export class GalapagosError extends Error {
  readonly code: ErrorCode;
  /** Parts of the message: file, field, expected, found … */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.data = data;
  }
}

/** One problem in a user's input; all problems of a file are reported at once. */
export interface Problem {
  readonly code: string;
  /** Path of the field, for example `searchSpace.units.step`; empty for the whole input. */
  readonly path: string;
  /** Name of the network's layer, where one is concerned. */
  readonly layer?: string | undefined;
  readonly expected: string;
  readonly found: string;
  /** For example the nearest valid name. */
  readonly hint?: string | undefined;
}

export class InvalidInput extends GalapagosError {
  readonly problems: readonly Problem[];

  /** @param source file or place of the input */
  constructor(source: string, problems: readonly Problem[]) {
    super(
      'invalid-input',
      problems.map((problem) => `${source}: ${problemText(problem)}`).join('\n'),
      { source, problems },
    );
    this.problems = problems;
  }
}

/** The sentence of a problem without its source. */
export function problemText({ path, layer, expected, found, hint }: Problem): string {
  const place = layer === undefined ? path : `${path} (${layer})`;
  const where = place === '' ? '' : `${place}: `;
  return `${where}expected ${expected}, found ${found}${hint === undefined ? '' : ` (${hint})`}`;
}
