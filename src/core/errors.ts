/** Errors that cross layers: a code for programs, data for messages, a sentence for users. */

export class GalapagosError extends Error {
  readonly code: string;
  /** Parts of the message: file, field, expected, found … */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
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
      problems.map((problem) => `${source}: ${describe(problem)}`).join('\n'),
      { source, problems },
    );
    this.problems = problems;
  }
}

function describe({ path, expected, found, hint }: Problem): string {
  return `${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}${hint === undefined ? '' : ` (${hint})`}`;
}
