/**
 * The Pareto front of the trials offered to it: those that no other dominates. Trials that violate
 * a constraint and values that are not finite never join, as in Optuna's `best_trials`.
 */
import type { Direction } from './direction.ts';
import { dominates, oriented } from './domination.ts';
import type { Point } from './domination.ts';

interface Member extends Point {
  readonly number: number;
}

export class Front {
  readonly #directions: readonly Direction[];
  #members: readonly Member[] = [];

  constructor(directions: readonly Direction[]) {
    this.#directions = directions;
  }

  /**
   * Adds a trial if no member dominates it, and removes the members that it dominates. Trials with
   * equal values are members together. O(members).
   * @returns whether it joined
   */
  offer(number: number, values: ArrayLike<number>, violation: number): boolean {
    const point = oriented(values, this.#directions);
    if (violation > 0 || !point.every(Number.isFinite)) return false;
    const offered = { number, at: point, violation };
    if (this.#members.some((member) => dominates(member, offered))) return false;
    this.#members = [...this.#members.filter((member) => !dominates(offered, member)), offered];
    return true;
  }

  /** Numbers of the members: best value of the first objective first, then by number. */
  get numbers(): readonly number[] {
    return this.#members
      .toSorted((a, b) => (a.at[0] ?? 0) - (b.at[0] ?? 0) || a.number - b.number)
      .map(({ number }) => number);
  }
}
