/** Progress of reading a source. */
export class Meter {
  /** Bytes read from disk so far. */
  bytes = 0;
  /** Size of the source in bytes; null: unknown, for a folder. */
  ofBytes: number | null = null;
  /** Expected number of samples; null: unknown. */
  samples: number | null = null;
}
