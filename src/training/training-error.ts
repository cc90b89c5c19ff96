/** Kinds of training errors. A diverged lane is an outcome, not an error. */
export type TrainingErrorKind =
  'out-of-memory' | 'device-lost' | 'compile-failed' | 'unsupported' | 'timed-out' | 'crashed';

export class TrainingError extends Error {
  readonly kind: TrainingErrorKind;
  /** Op of the plan that failed, if there is one. */
  readonly op?: string;

  constructor(kind: TrainingErrorKind, message: string, op?: string) {
    super(message);
    this.name = 'TrainingError';
    this.kind = kind;
    if (op !== undefined) this.op = op;
  }
}
