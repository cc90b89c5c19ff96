/** The error with which training ends. A diverged lane is an outcome, not an error. */
import type { ErrorCode } from '../core/error-codes.ts';
import { GalapagosError } from '../core/errors.ts';

export type TrainingErrorKind = Extract<
  ErrorCode,
  'out-of-memory' | 'device-lost' | 'compile-failed' | 'unsupported' | 'timed-out' | 'crashed'
>;

export class TrainingError extends GalapagosError {
  readonly kind: TrainingErrorKind;
  /** Op of the plan that failed, if there is one. */
  readonly op?: string;

  constructor(kind: TrainingErrorKind, message: string, op?: string) {
    super(kind, message, op === undefined ? {} : { op });
    this.kind = kind;
    if (op !== undefined) this.op = op;
  }
}
