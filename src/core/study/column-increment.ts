/**
 * The part of a study's columns that was added since a position, as typed arrays that can be moved
 * to a thread. Contains what samplers are shown (`history.ts`): no history lengths, and of
 * reports only the last of pruned trials. `TrialColumns` writes and reads it.
 */

/** A state of growing columns. */
export interface ColumnPosition {
  /** Number of proposed trials. */
  readonly size: number;
  /** Number of ended trials. */
  readonly ended: number;
}

export interface ColumnIncrement {
  readonly from: ColumnPosition;
  /** One row for each trial proposed since, in order of number. */
  readonly trials: {
    readonly generations: Uint32Array<ArrayBuffer>;
    /** Number + 1 of two parents a row; 0: none. */
    readonly parents: Uint32Array<ArrayBuffer>;
    /** Rows of parameters; NaN where the sampler's window no longer has them. */
    readonly params: Float64Array<ArrayBuffer>;
    /** 1: the row of `params` is present. */
    readonly isKept: Uint8Array<ArrayBuffer>;
    /** Two hashes of the point a row. */
    readonly hashes: Uint32Array<ArrayBuffer>;
    /** 1: no smaller number has the same point, and the row of `hashes` is present. */
    readonly isDistinct: Uint8Array<ArrayBuffer>;
  };
  /** One row for each trial ended since, in order of completion. */
  readonly ends: {
    readonly numbers: Uint32Array<ArrayBuffer>;
    /** Values as ranked. */
    readonly values: Float64Array<ArrayBuffer>;
    /** Values by objective and violation a row; empty where the study lists no objectives. */
    readonly ranked: Float64Array<ArrayBuffer>;
    /** State and outcome, two codes a row. */
    readonly codes: Uint8Array<ArrayBuffer>;
    /** Step and value of a pruned trial's last report a row; NaN: not pruned, or no report. */
    readonly reported: Float64Array<ArrayBuffer>;
  };
}

export const START: ColumnPosition = { size: 0, ended: 0 };

/**
 * Returns how far the next increment of at most `rows` trials and `rows` ends goes. Trials come
 * before ends, so that an end never precedes its trial.
 */
export function nextPosition(
  from: ColumnPosition,
  to: ColumnPosition,
  rows: number,
): ColumnPosition {
  if (to.size - from.size > rows) return { size: from.size + rows, ended: from.ended };
  return { size: to.size, ended: Math.min(to.ended, from.ended + rows) };
}

/**
 * Returns an increment of zeros.
 * @param dimensions number of parameters
 * @param ranked numbers a row of `ends.ranked`
 */
export function emptyIncrement(
  from: ColumnPosition,
  to: ColumnPosition,
  dimensions: number,
  ranked: number,
): ColumnIncrement {
  const [trials, ends] = [to.size - from.size, to.ended - from.ended];
  return {
    from,
    trials: {
      generations: new Uint32Array(trials),
      parents: new Uint32Array(2 * trials),
      params: new Float64Array(trials * dimensions).fill(NaN),
      isKept: new Uint8Array(trials),
      hashes: new Uint32Array(2 * trials),
      isDistinct: new Uint8Array(trials),
    },
    ends: {
      numbers: new Uint32Array(ends),
      values: new Float64Array(ends),
      ranked: new Float64Array(ranked * ends),
      codes: new Uint8Array(2 * ends),
      reported: new Float64Array(2 * ends).fill(NaN),
    },
  };
}

/** Returns the buffers of an increment, to move them instead of copying. */
export function buffersOf({ trials, ends }: ColumnIncrement): ArrayBuffer[] {
  return [...Object.values(trials), ...Object.values(ends)].map(({ buffer }) => buffer);
}
