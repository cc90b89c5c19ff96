/**
 * Expected duration of a study's attempts on a slot: the mean of those that ended there; while
 * there are none, that of the slots of its device model, of its node, or of all. Kept in memory.
 */
import { parseSlot } from '../device.ts';
import type { SlotName } from './words.ts';

interface Sum {
  ms: number;
  count: number;
}

export class Durations {
  readonly #slots = new Map<SlotName, Sum>();
  readonly #models = new Map<string, Sum>();
  readonly #nodes = new Map<string, Sum>();
  readonly #all: Sum = { ms: 0, count: 0 };

  /** @param model of the slot's device; empty: unknown */
  add(slot: SlotName, model: string, ms: number): void {
    addTo(this.#slots, slot, ms);
    if (model !== '') addTo(this.#models, model, ms);
    addTo(this.#nodes, parseSlot(slot).node, ms);
    this.#all.ms += ms;
    this.#all.count += 1;
  }

  /** Returns milliseconds; null: no attempt has ended anywhere. */
  expected(slot: SlotName, model: string): number | null {
    const sum =
      this.#slots.get(slot) ??
      this.#models.get(model) ??
      this.#nodes.get(parseSlot(slot).node) ??
      this.#all;
    return sum.count === 0 ? null : sum.ms / sum.count;
  }
}

function addTo(sums: Map<string, Sum>, key: string, ms: number): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { ms, count: 1 });
  else {
    sum.ms += ms;
    sum.count += 1;
  }
}
