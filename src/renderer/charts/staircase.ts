/**
 * Best value so far along an axis: steps with rising keys and strictly better values. Trials may
 * end in any order.
 */
import { at } from '../../core/at.ts';
import type { Direction } from '../../core/study/direction.ts';

export interface Stair {
  /** Position on the axis: trial number, time, or generation. */
  readonly key: number;
  readonly value: number;
  readonly trial: number;
}

export class Staircase {
  readonly #sign: number;
  readonly #steps: Stair[] = [];

  constructor(direction: Direction) {
    this.#sign = direction === 'maximize' ? 1 : -1;
  }

  /** Steps by rising key. */
  get steps(): readonly Stair[] {
    return this.#steps;
  }

  get best(): Stair | null {
    return this.#steps.at(-1) ?? null;
  }

  /**
   * Adds a value in O(log steps) plus the steps that it replaces.
   * @param value finite
   * @returns whether the value is a step now
   */
  add(key: number, value: number, trial: number): boolean {
    const steps = this.#steps;
    let [low, high] = [0, steps.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(steps, middle).key < key) low = middle + 1;
      else high = middle;
    }
    const before = steps[low - 1];
    if (before !== undefined && !this.#better(value, before.value)) return false;
    // Of two values at the same key the better one stays; of equal ones the earlier.
    const same = steps[low];
    if (same?.key === key && !this.#better(value, same.value)) return false;
    let end = low;
    while (end < steps.length && !this.#better(at(steps, end).value, value)) end++;
    steps.splice(low, end - low, { key, value, trial });
    return true;
  }

  clear(): void {
    this.#steps.length = 0;
  }

  #better(a: number, b: number): boolean {
    return this.#sign * (a - b) > 0;
  }
}
