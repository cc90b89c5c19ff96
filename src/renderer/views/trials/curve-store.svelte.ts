/**
 * Curves of ended trials, fetched when their rows come into sight and kept for a while. Those of
 * running ones are in the table already.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { TrialTable } from '../../state/trial-table.ts';

interface Fetched {
  readonly trial: number;
  readonly values: readonly (number | null)[];
}

/** So many are kept. */
const KEPT = 2_000;
/** Scrolling past fetches nothing. */
const SETTLED_MS = 120;

export class CurveStore {
  readonly #fetch: (trials: readonly number[]) => Promise<readonly Fetched[]>;
  readonly #held = new SvelteMap<number, readonly (number | null)[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(fetch: (trials: readonly number[]) => Promise<readonly Fetched[]>) {
    this.#fetch = fetch;
  }

  /** Empty: not there, or not yet. */
  get(trial: number): readonly (number | null)[] {
    return this.#held.get(trial) ?? [];
  }

  want(table: TrialTable, trials: Uint32Array): void {
    clearTimeout(this.#timer);
    const lacking = [...trials].filter(
      (trial) =>
        !table.isOpen(trial) && (table.columns.reports[trial] ?? 0) > 1 && !this.#held.has(trial),
    );
    if (lacking.length === 0) return;
    this.#timer = setTimeout(() => void this.#get(lacking), SETTLED_MS);
  }

  async #get(trials: readonly number[]): Promise<void> {
    try {
      for (const { trial, values } of await this.#fetch(trials)) this.#held.set(trial, values);
    } catch {
      // Without its small picture a row still says everything; the next scroll asks again.
      return;
    }
    for (const trial of this.#held.keys()) {
      if (this.#held.size <= KEPT) break;
      this.#held.delete(trial);
    }
  }
}
