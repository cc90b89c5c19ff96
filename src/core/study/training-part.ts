/** Part of a training that one attempt carries out, between two of its checkpoints. */
export interface TrainingPart {
  /** Trial whose checkpoint after epoch `from` the part starts from; null: it starts anew. */
  readonly source: number | null;
  /** Number of epochs trained before the part. */
  readonly from: number;
  /**
   * Number of epochs trained after the part, when it leaves a checkpoint; at most the training's.
   */
  readonly until: number;
}
