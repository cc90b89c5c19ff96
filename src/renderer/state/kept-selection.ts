/**
 * Stores the selected trial of this window, so that a reload restores it. Each window has its own.
 */
import type { Memory } from './preferences.svelte.ts';

const NAME = 'galapagos.selection';

export class KeptSelection {
  readonly #storage: Pick<Memory, 'getItem' | 'setItem'>;

  /** @param storage storage of this window only, such as `sessionStorage` */
  constructor(storage: Pick<Memory, 'getItem' | 'setItem'>) {
    this.#storage = storage;
  }

  /** Null when there was no selection, or it was in another study. */
  of(study: string): number | null {
    try {
      const held: unknown = JSON.parse(this.#storage.getItem(NAME) ?? 'null');
      if (!Array.isArray(held) || held[0] !== study) return null;
      const trial: unknown = held[1];
      return typeof trial === 'number' && Number.isInteger(trial) && trial >= 0 ? trial : null;
    } catch {
      return null;
    }
  }

  keep(study: string, trial: number | null): void {
    this.#storage.setItem(NAME, JSON.stringify([study, trial]));
  }
}
