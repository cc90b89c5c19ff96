/**
 * Curves of finished trials, fetched when their rows become visible and cached. Curves of running
 * trials are in the table already.
 */
import { at } from '../../../core/at.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { TrialTable } from '../../state/trial-table.ts';

interface Fetched {
  readonly trial: number;
  readonly values: readonly (number | null)[];
}

/** Maximum number of cached curves. */
const KEPT = 2_000;
/** Time without scrolling before curves are fetched, in milliseconds. */
const SETTLED_MS = 120;

export class CurveStore {
  readonly #fetch: (trials: readonly number[]) => Promise<readonly Fetched[]>;
  readonly #held = new SvelteMap<number, readonly (number | null)[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: { readonly table: TrialTable; readonly trials: Uint32Array } | null = null;
  #wantedAt = 0;

  constructor(fetch: (trials: readonly number[]) => Promise<readonly Fetched[]>) {
    this.#fetch = fetch;
  }

  /** Empty when there is no curve, or it has not arrived. */
  get(trial: number): readonly (number | null)[] {
    return this.#held.get(trial) ?? [];
  }

  /** Fetches the curves of these trials once no others are wanted for a while. */
  want(table: TrialTable, trials: Uint32Array): void {
    this.#wanted = { table, trials };
    this.#wantedAt = performance.now();
    // Called with every frame of scrolling: the timer is not set anew each time.
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#settle(), SETTLED_MS);
  }

  #settle(): void {
    const left = this.#wantedAt + SETTLED_MS - performance.now();
    this.#timer = left > 0 ? setTimeout(() => this.#settle(), left) : undefined;
    if (left > 0 || this.#wanted === null) return;
    const { table, trials } = this.#wanted;
    const lacking = [...trials].filter(
      (trial) =>
        table.has(trial) &&
        !table.isOpen(trial) &&
        at(table.columns.reports, trial) > 1 &&
        !this.#held.has(trial),
    );
    if (lacking.length > 0) void this.#get(lacking);
  }

  async #get(trials: readonly number[]): Promise<void> {
    try {
      for (const { trial, values } of await this.#fetch(trials)) this.#held.set(trial, values);
    } catch {
      // The row is complete without its curve; the next scroll fetches again.
      return;
    }
    for (const trial of this.#held.keys()) {
      if (this.#held.size <= KEPT) break;
      this.#held.delete(trial);
    }
  }
}
