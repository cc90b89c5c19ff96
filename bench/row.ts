/** One line of a benchmark's result; the peer is measured in the same run on the same machine. */
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
  /** Null: no goal, or no peer to compare with. */
  readonly held: boolean | null;
  readonly note?: string;
}

/** A row without a peer. */
export type Row = (
  what: string,
  value: number,
  unit: string,
  goal: string,
  held: boolean | null,
  note?: string,
) => BenchRow;

/** Makes the rows of a benchmark that compares with no peer. */
export function rowsOf(bench: string): Row {
  return (what, value, unit, goal, held, note) => ({
    ...{ bench, case: what, value, unit, peer: null, peerValue: null, ratio: null, goal, held },
    ...(note === undefined ? {} : { note }),
  });
}

/** Options of a comparison that takes long; absent ones have the bench's default. */
export interface BenchOptions {
  readonly seeds?: number;
  /** Seeds of Optuna's Gaussian process. */
  readonly gpSeeds?: number;
  readonly processes?: number;
  /** Runs no search: reports those that `.cache/search` has, of any number of seeds. */
  readonly cached?: boolean;
  /**
   * The samplers that `search` and `pruning` compare, without tables and peers; absent: the usual
   * ones.
   */
  readonly samplers?: readonly string[];
}
