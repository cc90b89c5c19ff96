/** Why training could not go on. A lane that diverged is not an error but an outcome. */
export type TrainingErrorKind =
  'out-of-memory' | 'device-lost' | 'compile-failed' | 'unsupported' | 'timed-out' | 'crashed';

export class TrainingError extends Error {
  readonly kind: TrainingErrorKind;
  /** The plan's op at fault, where one is. */
  readonly op?: string;

  constructor(kind: TrainingErrorKind, message: string, op?: string) {
    super(message);
    this.name = 'TrainingError';
    this.kind = kind;
    if (op !== undefined) this.op = op;
  }
}
