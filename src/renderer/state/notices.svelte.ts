/**
 * Notices of the frame: a toast about a completed action with undo, and a failure that no other
 * place shows.
 */
import type { EndpointFailure } from '../failure.ts';

export interface Toast {
  readonly id: number;
  /** A function when the text changes while the toast is shown; it reads reactive state. */
  readonly words: string | (() => string);
  /** Null when the action cannot be undone. */
  readonly undo: (() => void) | null;
}

/** Duration of a toast, in milliseconds. */
const STAYS = 6000;
/**
 * Duration while running trials may still finish, with some seconds for the outcome; also for
 * deletions.
 */
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

  /** Like `tell`, with more time for the user to undo. */
  tellAndStay(words: string, undo: () => void): void {
    this.tell(() => words, undo);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }
}
