/**
 * What the frame says in passing: a toast that something was done, with the way back; a failure
 * that belongs to no place of its own.
 */
import type { EndpointFailure } from '../failure.ts';

export interface Toast {
  readonly id: number;
  /** As a function where they change while the toast stays: it reads what they depend on. */
  readonly words: string | (() => string);
  /** Null: there is nothing to undo. */
  readonly undo: (() => void) | null;
}

/** Milliseconds a toast stays. */
const STAYS = 6000;
/** While running trials may still finish, and some seconds for the outcome; also for deletions. */
const STAYS_OVER_GRACE = 12_000;

export class Notices {
  toasts = $state.raw<readonly Toast[]>([]);
  failure = $state.raw<EndpointFailure | null>(null);
  #next = 0;

  tell(words: Toast['words'], undo: (() => void) | null = null): void {
    const id = this.#next++;
    this.toasts = [...this.toasts.slice(-2), { id, words, undo }];
    setTimeout(() => this.dismiss(id), typeof words === 'string' ? STAYS : STAYS_OVER_GRACE);
  }

  /** As `tell`, for an act that a user may need more time to take back. */
  tellAndStay(words: string, undo: () => void): void {
    this.tell(() => words, undo);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }
}
