/**
 * Enumerates the points of a finite set of values per parameter, numbered 0 … size − 1, without
 * duplicates; conditions are respected. The i-th point is found without listing the others: points
 * are counted from the last parameter to the first, keeping only those earlier values that later
 * conditions refer to.
 */
import { cellOfValue, valueOfCell } from './axis.ts';
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

/** Values of one parameter that are enumerated. */
export interface Levels {
  readonly count: number;
  /** Encoded value of level k. */
  value(k: number): number;
  /** Level of an encoded value; −1 if there is none. */
  find(value: number): number;
}

/** All values of a parameter; infinitely many if it is continuous. */
export function cellsOf(axis: Axis): Levels {
  return {
    count: axis.cells,
    value: (k) => valueOfCell(axis, k),
    find: (value) => (axis.kind === 'continuous' ? -1 : cellOfValue(axis, value)),
  };
}

/** Number of combinations of condition values beyond which the count is treated as infinite. */
const MOST_SITUATIONS = 100_000;
const INACTIVE = -1;
/** Stands for any level that no condition mentions. */
const ANY = -2;

export class Enumeration {
  /** Number of points; Infinity where a reachable parameter is continuous. Exact up to 2⁵³. */
  readonly size: number;
  readonly #axes: readonly Axis[];
  readonly #levels: readonly Levels[];
  /** Levels that conditions mention, ascending, per parameter. */
  readonly #mentioned: readonly (readonly number[])[];
  /** Earlier parameters that this parameter or a later one depends on, per parameter. */
  readonly #live: readonly (readonly number[])[];
  readonly #counts = new Map<string, number>();

  /** @param levels one per axis */
  constructor(axes: readonly Axis[], levels: readonly Levels[] = axes.map(cellsOf)) {
    this.#axes = axes;
    this.#levels = levels;
    this.#mentioned = axes.map(({ index }) => {
      const rules = axes.flatMap((axis) => axis.parents).filter((rule) => rule.index === index);
      const found = rules.flatMap((rule) =>
        rule.allowed.map((value) => levels[index]?.find(value) ?? -1),
      );
      return [...new Set(found)].filter((level) => level >= 0).sort((a, b) => a - b);
    });
    this.#live = [...axes.keys(), axes.length].map((from) => {
      const asked = axes.slice(from).flatMap((axis) => axis.parents.map((rule) => rule.index));
      return [...new Set(asked)].filter((index) => index < from);
    });
    this.size = this.#count(0, []);
  }

  /** Returns the i-th point, 0 ≤ i < size ≤ 2⁵³. */
  at(i: number): EncodedParams {
    const params = new Float64Array(this.#axes.length).fill(NaN);
    const situation: number[] = [];
    let rest = i;
    for (const axis of this.#axes) {
      const levels = this.#levels[axis.index];
      if (levels === undefined || !this.#active(axis, situation)) {
        situation[axis.index] = INACTIVE;
        continue;
      }
      const mentioned = this.#mentioned[axis.index] ?? [];
      let level = -1;
      for (const candidate of mentioned) {
        situation[axis.index] = candidate;
        const points = this.#count(axis.index + 1, situation);
        if (rest < points) {
          level = candidate;
          break;
        }
        rest -= points;
      }
      if (level < 0) {
        situation[axis.index] = ANY;
        const points = this.#count(axis.index + 1, situation);
        level = Math.floor(rest / points);
        rest -= level * points;
        for (const skipped of mentioned) if (skipped <= level) level += 1;
      }
      params[axis.index] = levels.value(level);
    }
    return params;
  }

  /** Number of combinations of the parameters from `from` on, given the earlier ones. */
  #count(from: number, situation: number[]): number {
    const axis = this.#axes[from];
    const levels = this.#levels[from];
    if (axis === undefined || levels === undefined) return 1;
    const key = `${from}:${(this.#live[from] ?? []).map((index) => situation[index]).join(',')}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (this.#counts.size >= MOST_SITUATIONS) return Infinity;
    const here = situation.slice(0, from);
    const next = (level: number): number => {
      here[from] = level;
      return this.#count(from + 1, here);
    };
    let count = 0;
    if (this.#active(axis, situation)) {
      const mentioned = this.#mentioned[from] ?? [];
      for (const level of mentioned) count += next(level);
      const others = levels.count - mentioned.length;
      if (others > 0) count += others * next(ANY);
    } else {
      count = next(INACTIVE);
    }
    this.#counts.set(key, count);
    return count;
  }

  #active(axis: Axis, situation: readonly number[]): boolean {
    return axis.parents.every(({ index, allowed }) => {
      const level = situation[index] ?? INACTIVE;
      return level >= 0 && allowed.some((value) => this.#levels[index]?.find(value) === level);
    });
  }
}
