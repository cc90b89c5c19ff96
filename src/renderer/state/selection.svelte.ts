/**
 * Selection of this window: a trial, a worker, the hovered trial, brushed ranges. All views share
 * it.
 */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Steps of J and K: from a trial (null for none) to the next in the order of the current view; null
 * when there is none.
 */
export type Order = (from: number | null, by: 1 | -1) => number | null;

export class Selection {
  trial = $state<number | null>(null);
  /** `node/device/i`; a trial and a worker are never selected together. */
  slot = $state<string | null>(null);
  hovered = $state<number | null>(null);
  /**
   * Ranges of encoded values by axis: a parameter's name, `#number` or `#value`. A trial in all of
   * them passes.
   */
  brush = $state.raw<ReadonlyMap<string, Range>>(new Map());
  /** Set by the current view; null for the order by number. */
  order = $state.raw<Order | null>(null);

  select(trial: number | null): void {
    this.trial = trial;
    if (trial !== null) this.slot = null;
  }

  selectSlot(slot: string | null): void {
    this.slot = slot;
    if (slot !== null) this.trial = null;
  }

  /** @param range null removes the range */
  brushAxis(axis: string, range: Range | null): void {
    const brush = new Map(this.brush);
    if (range === null) brush.delete(axis);
    else brush.set(axis, range);
    this.brush = brush;
  }

  clear(): void {
    this.trial = null;
    this.slot = null;
    this.hovered = null;
    this.brush = new Map();
  }

  /**
   * Returns whether a trial is in all brushed ranges; a trial without a value of a brushed axis is
   * not.
   */
  passes(number: number, value: number, param: (name: string) => number): boolean {
    for (const [axis, { low, high }] of this.brush) {
      const at = axis === '#number' ? number : axis === '#value' ? value : param(axis);
      if (!(at >= low && at <= high)) return false;
    }
    return true;
  }
}
