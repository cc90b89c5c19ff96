/** The errors that cross layers: a code for programs, data for messages, a sentence for people. */

export class GalapagosError extends Error {
  readonly code: string;
  /** What the message was made of: file, field, expected, found … */
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

/** One thing wrong with something a person wrote; all of a file's problems are reported at once. */
export interface Problem {
  readonly code: string;
  /** Where, e.g. `searchSpace.units.step`; empty for the whole. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** E.g. the nearest right name. */
  readonly hint?: string | undefined;
}

export class InvalidInput extends GalapagosError {
  readonly problems: readonly Problem[];

  /** @param source the file or the place the input came from */
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
