/**
 * Filters and sorts trials over typed columns. Pure, so that it runs in a worker thread for many
 * trials and in place for few. Knows numbers only; `filter.ts` parses the user's query.
 */

export type Column = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

export type Operator = '>' | '<' | '>=' | '<=' | '=' | '!=';

/** One column of numbers; NaN where a trial has none. */
export interface Numbers {
  readonly column: Column;
  /** Numbers for each trial, and the index of the one that is used. */
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
  /** Any of these equalities; with `not`, none of them. */
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
  /** Codes that pass, by code, for a column of small codes. */
  | { readonly kind: 'codes'; readonly numbers: Numbers; readonly passes: readonly boolean[] };

export interface SortKey {
  /** Null to sort by number. */
  readonly numbers: Numbers | null;
  readonly down: boolean;
}

export interface OrderRequest {
  /** Trials 0 to size − 1. */
  readonly size: number;
  /** Trials below this number are left out. */
  readonly from: number;
  readonly conditions: readonly Condition[];
  /** Sort keys by priority; equal trials are sorted by number. */
  readonly keys: readonly SortKey[];
}

/** Numbers of the trials that pass, sorted. O(n log n). */
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
      const by = numbers === null ? 0 : compare(numberAt(numbers, a), numberAt(numbers, b), down);
      if (by !== 0) return by;
    }
    return byNumberDown ? b - a : a - b;
  });
}

/** Trials without a number are last in either direction. */
function compare(a: number, b: number, down: boolean): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return down ? b - a : a - b;
}

function numberAt({ column, width, place }: Numbers, row: number): number {
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- innermost loop of the sort; rows are below `size`
  return column[row * width + place]!;
}

function holds(condition: Condition, row: number): boolean {
  switch (condition.kind) {
    case 'compare':
      return compares(numberAt(condition.numbers, row), condition.operator, condition.value);
    case 'any':
      return (
        condition.of.some(({ numbers, value }) => numberAt(numbers, row) === value) !==
        condition.not
      );
    case 'within': {
      const value = numberAt(condition.numbers, row);
      return value >= condition.low && value <= condition.high;
    }
    case 'codes':
      return condition.passes[numberAt(condition.numbers, row)] ?? false;
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
