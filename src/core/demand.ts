/** Cores and memory, as trials state to need them and as nodes offer them. */
export interface Demand {
  /** Number of cores; 0: not stated. */
  readonly cores: number;
  /** Memory in bytes; 0: not stated. */
  readonly memoryBytes: number;
}

export const NO_DEMAND: Demand = { cores: 0, memoryBytes: 0 };
