/**
 * What becomes due at an instant, soonest first. A timer is looked at when it is due and may then
 * find that nothing is to be done any more, so none is ever taken out. Leases are not here:
 * `lease-list.ts`.
 */
import { Heap } from './heap.ts';

export class Timers<Timer extends { readonly at: number }> {
  readonly #heap = new Heap<Timer>((a, b) => a.at < b.at);

  add(timer: Timer): void {
    this.#heap.push(timer);
  }

  /** When the next one is due; null: none waits. */
  get next(): number | null {
    return this.#heap.peek()?.at ?? null;
  }

  /** The next one if it is due, taken out. */
  due(now: number): Timer | null {
    const next = this.next;
    return next !== null && next <= now ? (this.#heap.pop() ?? null) : null;
  }
}
