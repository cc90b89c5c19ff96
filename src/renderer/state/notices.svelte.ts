/** What the frame says in passing: a toast that something was done, with the way back; a failure that belongs to no place of its own. */
import type { EndpointFailure } from '../failure.ts';

export interface Toast {
  readonly id: number;
  readonly words: string;
  /** Null: there is nothing to undo. */
  readonly undo: (() => void) | null;
}

/** Milliseconds a toast stays. */
const STAYS = 6000;

export class Notices {
  toasts = $state.raw<readonly Toast[]>([]);
  failure = $state.raw<EndpointFailure | null>(null);
  #next = 0;

  tell(words: string, undo: (() => void) | null = null): void {
    const id = this.#next++;
    this.toasts = [...this.toasts.slice(-2), { id, words, undo }];
    setTimeout(() => this.dismiss(id), STAYS);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }
}
