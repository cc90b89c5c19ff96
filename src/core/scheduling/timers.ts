/**
 * Timers, soonest first. A timer is evaluated when it is due and may then have no effect, so timers
 * are never removed. Leases are in `lease-list.ts`.
 */
import { Heap } from './heap.ts';

export class Timers<Timer extends { readonly at: number }> {
  readonly #heap = new Heap<Timer>((a, b) => a.at < b.at);

  add(timer: Timer): void {
    this.#heap.push(timer);
  }

  /** Time of the next timer; null: none. */
  get next(): number | null {
    return this.#heap.peek()?.at ?? null;
  }

  /** Removes and returns the next timer if it is due. */
  due(now: number): Timer | null {
    const next = this.next;
    return next !== null && next <= now ? (this.#heap.pop() ?? null) : null;
  }
}
