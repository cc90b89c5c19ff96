/** Keeps the best few of the trials offered to it, best value first, ties by smaller number. */
import type { Direction } from './study-spec.ts';

export class Leaderboard {
  readonly capacity: number;
  readonly #sign: number;
  readonly #numbers: number[] = [];
  readonly #values: number[] = [];

  constructor(direction: Direction, capacity: number) {
    this.capacity = capacity;
    this.#sign = direction === 'minimize' ? 1 : -1;
  }

  /**
   * Adds a trial if it is among the best; O(capacity).
   * @returns the number that left the board, perhaps its own; null if none had to
   */
  offer(number: number, value: number): number | null {
    const key = this.#sign * value;
    let at = this.#numbers.length;
    while (at > 0 && this.#before(number, key, at - 1)) at--;
    if (at >= this.capacity) return number;
    this.#numbers.splice(at, 0, number);
    this.#values.splice(at, 0, key);
    if (this.#numbers.length <= this.capacity) return null;
    this.#values.pop();
    return this.#numbers.pop() ?? null;
  }

  best(k: number): readonly number[] {
    return this.#numbers.slice(0, k);
  }

  #before(number: number, key: number, at: number): boolean {
    const other = this.#values[at] ?? Infinity;
    return key < other || (key === other && number < (this.#numbers[at] ?? Infinity));
  }
}
