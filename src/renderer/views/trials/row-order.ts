/**
 * Which trials a table shows and in what order: filter and sort over typed columns. Pure, so that
 * it runs in a worker for many trials and in place for few. What the person typed is parsed by
 * `filter.ts`; here are numbers only.
 */

export type Column = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

export type Operator = '>' | '<' | '>=' | '<=' | '=' | '!=';

/** One column of numbers; NaN: the trial has none. */
export interface Numbers {
  readonly column: Column;
  /** Numbers a trial, and which of them. */
  readonly width: number;
  readonly place: number;
}

export type Condition =
  | {
      readonly kind: 'compare';
      readonly numbers: Numbers;
      readonly operator: Operator;
      readonly value: number;
    }
  /** Any of these equalities; `not`: none of them. */
  | {
      readonly kind: 'any';
      readonly of: readonly { readonly numbers: Numbers; readonly value: number }[];
      readonly not: boolean;
    }
  | {
      readonly kind: 'within';
      readonly numbers: Numbers;
      readonly low: number;
      readonly high: number;
    }
  /** Of a column of small codes, those that pass. */
  | { readonly kind: 'codes'; readonly numbers: Numbers; readonly passes: readonly boolean[] };

export interface SortKey {
  /** Null: by number. */
  readonly numbers: Numbers | null;
  readonly down: boolean;
}

export interface OrderRequest {
  /** Trials 0 … size − 1. */
  readonly size: number;
  /** Below this they are left out. */
  readonly from: number;
  readonly conditions: readonly Condition[];
  /** The first decides, the next among equals; last of all the number. */
  readonly keys: readonly SortKey[];
}

/** Numbers of the trials that pass, in order. O(n log n). */
export function orderRows({ size, from, conditions, keys }: OrderRequest): Uint32Array {
  const rows = new Uint32Array(Math.max(0, size - from));
  let count = 0;
  for (let row = from; row < size; row++)
    if (conditions.every((condition) => holds(condition, row))) rows[count++] = row;
  const passing = rows.subarray(0, count);
  return sorted(passing, keys);
}

function sorted(rows: Uint32Array, keys: readonly SortKey[]): Uint32Array {
  const [first] = keys;
  if (first === undefined) return rows;
  if (first.numbers === null) return first.down ? rows.reverse() : rows;
  const byNumberDown = keys.find(({ numbers }) => numbers === null)?.down ?? false;
  const compares = keys.filter(({ numbers }) => numbers !== null);
  return rows.sort((a, b) => {
    for (const { numbers, down } of compares) {
      const by = numbers === null ? 0 : compare(at(numbers, a), at(numbers, b), down);
      if (by !== 0) return by;
    }
    return byNumberDown ? b - a : a - b;
  });
}

/** What has no number stands last, whichever way is up. */
function compare(a: number, b: number, down: boolean): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return down ? b - a : a - b;
}

function at({ column, width, place }: Numbers, row: number): number {
  return column[row * width + place] ?? NaN;
}

function holds(condition: Condition, row: number): boolean {
  switch (condition.kind) {
    case 'compare':
      return compares(at(condition.numbers, row), condition.operator, condition.value);
    case 'any':
      return (
        condition.of.some(({ numbers, value }) => at(numbers, row) === value) !== condition.not
      );
    case 'within': {
      const value = at(condition.numbers, row);
      return value >= condition.low && value <= condition.high;
    }
    case 'codes':
      return condition.passes[at(condition.numbers, row)] ?? false;
  }
}

function compares(value: number, operator: Operator, other: number): boolean {
  switch (operator) {
    case '>':
      return value > other;
    case '<':
      return value < other;
    case '>=':
      return value >= other;
    case '<=':
      return value <= other;
    case '=':
      return value === other;
    case '!=':
      return !Number.isNaN(value) && value !== other;
  }
}
