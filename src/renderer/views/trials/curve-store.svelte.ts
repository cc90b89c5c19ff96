/**
 * Curves of finished and paused trials, fetched when their rows become visible and cached. Curves
 * of running trials are in the table already.
 */
import { at } from '../../../core/at.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { TrialTable } from '../../state/trial-table.ts';

interface Held {
  /** Attempts and reports of the trial when the curve was requested: a paused trial may go on. */
  readonly asOf: string;
  readonly values: readonly (number | null)[];
}

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
  readonly #held = new SvelteMap<number, Held>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: { readonly table: TrialTable; readonly trials: Uint32Array } | null = null;
  #wantedAt = 0;

  constructor(fetch: (trials: readonly number[]) => Promise<readonly Fetched[]>) {
    this.#fetch = fetch;
  }

  /** Empty when there is no curve, or it has not arrived. */
  get(trial: number): readonly (number | null)[] {
    return this.#held.get(trial)?.values ?? [];
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
    const lacking = new Map<number, string>();
    for (const trial of trials) {
      if (!table.has(trial) || table.running.has(trial)) continue;
      const reports = at(table.columns.reports, trial);
      const asOf = `${at(table.columns.attempts, trial)} ${reports}`;
      if (reports > 1 && this.#held.get(trial)?.asOf !== asOf) lacking.set(trial, asOf);
    }
    if (lacking.size > 0) void this.#get(lacking);
  }

  async #get(lacking: ReadonlyMap<number, string>): Promise<void> {
    try {
      for (const { trial, values } of await this.#fetch([...lacking.keys()]))
        this.#held.set(trial, { asOf: lacking.get(trial) ?? '', values });
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
