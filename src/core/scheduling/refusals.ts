/** Counts refused messages and commands by reason and sender (a slot, `user` or `sampler`). */
import type { CommandRefusal, RefusalReason } from './words.ts';

export type Refusal = RefusalReason | CommandRefusal;

export class Refusals {
  readonly #counts = new Map<Refusal, Map<string, number>>();

  add(reason: Refusal, sender: string): void {
    let senders = this.#counts.get(reason);
    if (senders === undefined) this.#counts.set(reason, (senders = new Map<string, number>()));
    senders.set(sender, (senders.get(sender) ?? 0) + 1);
  }

  /** Count for one sender, or for all. */
  count(reason: Refusal, sender?: string): number {
    const senders = this.#counts.get(reason);
    if (senders === undefined) return 0;
    if (sender !== undefined) return senders.get(sender) ?? 0;
    let sum = 0;
    for (const count of senders.values()) sum += count;
    return sum;
  }

  /** Reason → sender → count. */
  get table(): ReadonlyMap<Refusal, ReadonlyMap<string, number>> {
    return this.#counts;
  }
}
