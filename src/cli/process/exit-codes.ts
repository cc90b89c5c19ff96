/** Exit codes of the command, and the errors that lead to them. */
import { GalapagosError, InvalidInput } from '../../core/errors.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  badInput: 2,
  /** The lab removed or refused this node. */
  refused: 3,
  /** The lab speaks another version of the protocol. */
  otherVersion: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Error codes of invalid requests: the same command can never succeed. */
const WRONG_REQUEST = new Set([
  'usage',
  'unknown-study',
  'unknown-trial',
  'not-found',
  'not-sqlite',
  'not-a-lab',
  'schema-older',
  'schema-newer',
  'bad-dataset',
  'bad-name',
  'dataset-exists',
  'unknown-dataset',
  'duplicate-trial',
  'foreign-study',
  'name-taken',
]);

/** A command line, or a name in it, that cannot be carried out. */
export class UsageError extends GalapagosError {
  /** @param code one of the codes of an invalid request */
  constructor(
    message: string,
    code: 'usage' | 'unknown-study' | 'unknown-trial' | 'unknown-dataset' = 'usage',
  ) {
    super(code, message);
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InvalidInput) return EXIT.badInput;
  return error instanceof GalapagosError && WRONG_REQUEST.has(error.code)
    ? EXIT.badInput
    : EXIT.failed;
}
