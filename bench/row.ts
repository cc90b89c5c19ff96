/** One line of a benchmark's result; the peer was measured in the same run on the same machine. */
export interface BenchRow {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** Null: there is none, or it is not installed (`note` says so). */
  readonly peer: string | null;
  readonly peerValue: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  /** Null: no goal, or nothing to hold it against. */
  readonly held: boolean | null;
  readonly note?: string;
}
