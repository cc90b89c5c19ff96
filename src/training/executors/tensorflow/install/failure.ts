/**
 * Error of an installation: failed step, expected, found, and what to do. No partial installation
 * is left.
 */
import { GalapagosError } from '../../../../core/errors.ts';

export type StepName = 'room' | 'libraries' | 'package' | 'binding' | 'check' | 'place';

/** Steps in order, with their wording in messages. */
export const STEPS: Readonly<Record<StepName, string>> = {
  room: 'check the free disk space',
  libraries: 'fetch the TensorFlow libraries',
  package: 'fetch tfjs-node',
  binding: 'make the binding',
  check: 'load it',
  place: 'move it to its folder',
};

export interface FailureDetails {
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

export class InstallationFailed extends GalapagosError {
  readonly step: StepName;

  constructor(step: StepName, details: FailureDetails, cause?: unknown) {
    const { expected, found, remedy } = details;
    super(
      'not-installed',
      `tensorflow was not installed: could not ${STEPS[step]}: expected ${expected}, found ${found}; ${remedy}. No partial installation was left.`,
      { step, ...details },
      cause,
    );
    this.step = step;
  }
}

/**
 * Runs one step. Errors that are not yet an installation failure become a failure of that step; a
 * cancellation is rethrown unchanged.
 */
export async function during<T>(
  step: StepName,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (error instanceof InstallationFailed) throw error;
    signal.throwIfAborted();
    throw new InstallationFailed(step, systemFailure(error), error);
  }
}

function systemFailure(error: unknown): FailureDetails {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const found = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        expected: 'room on the disk',
        found: 'a full disk',
        remedy: 'make room, or set GALAPAGOS_HOME to a folder on another disk',
      };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return {
        expected: 'a writable folder',
        found,
        remedy: 'set GALAPAGOS_HOME to a folder that you can write to',
      };
    default:
      return { expected: 'success', found, remedy: 'try again, and report it if it fails again' };
  }
}
