/** How far the reading of a source has come. */
export class Meter {
  /** Read from disk so far. */
  bytes = 0;
  /** The size of the source; null: a folder's, which nobody has summed. */
  ofBytes: number | null = null;
  /** How many samples there will be, as far as can be told; null: not known yet. */
  samples: number | null = null;
}
