/**
 * What this window points at: one trial, one worker, what the pointer is over, ranges that were
 * brushed. The same in every view.
 */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * How J and K step: from a trial (null: none yet) to the next in the order of the view in front;
 * null: there is none.
 */
export type Order = (from: number | null, by: 1 | -1) => number | null;

export class Selection {
  trial = $state<number | null>(null);
  /** `node/device/i`; a trial and a worker are never selected together. */
  slot = $state<string | null>(null);
  hovered = $state<number | null>(null);
  /**
   * Ranges by axis, of encoded values: a parameter's name, `#number` or `#value`. A trial that lies
   * in all of them passes.
   */
  brush = $state.raw<ReadonlyMap<string, Range>>(new Map());
  /** Set by the view in front; null: by number. */
  order = $state.raw<Order | null>(null);

  select(trial: number | null): void {
    this.trial = trial;
    if (trial !== null) this.slot = null;
  }

  selectSlot(slot: string | null): void {
    this.slot = slot;
    if (slot !== null) this.trial = null;
  }

  /** @param range null: the axis is free again */
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

  /** Whether a trial lies in all brushed ranges; a value that isn't there lies in none. */
  passes(number: number, value: number, param: (name: string) => number): boolean {
    for (const [axis, { low, high }] of this.brush) {
      const at = axis === '#number' ? number : axis === '#value' ? value : param(axis);
      if (!(at >= low && at <= high)) return false;
    }
    return true;
  }
}
