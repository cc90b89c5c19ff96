import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderRows } from '../../../src/renderer/views/trials/row-order.ts';
import type { Condition, SortKey } from '../../../src/renderer/views/trials/row-order.ts';

const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
);

describe('Trials table: order of rows', () => {
  it('contains the matching rows once, sorted, rows without a number last, ties by number', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 60 }),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: -3, max: 3 }),
        (values, down, numberDown, least) => {
          const numbers = { column: Float64Array.from(values), width: 1, place: 0 };
          const conditions: Condition[] = [
            { kind: 'compare', numbers, operator: '!=', value: least },
          ];
          const keys: SortKey[] = [
            { numbers, down },
            { numbers: null, down: numberDown },
          ];
          const rows = [...orderRows({ size: values.length, from: 0, conditions, keys })];
          const passing = values.flatMap((each, i) =>
            Number.isNaN(each) || each === least ? [] : [i],
          );
          expect([...rows].sort((a, b) => a - b)).toEqual(passing);
          for (const [i, row] of rows.entries()) {
            const next = rows[i + 1];
            if (next === undefined) continue;
            const by = (values[row] ?? 0) - (values[next] ?? 0);
            expect(down ? by : -by).toBeGreaterThanOrEqual(0);
            if (by === 0) expect(row < next).toBe(!numberDown);
          }
        },
      ),
    );
  });

  it('sorts by number by default, and rows without a value last', () => {
    const numbers = { column: Float64Array.of(NaN, 2, 1), width: 1, place: 0 };
    const rows = (keys: SortKey[]): number[] => [
      ...orderRows({ size: 3, from: 0, conditions: [], keys }),
    ];
    expect(rows([{ numbers: null, down: true }])).toEqual([2, 1, 0]);
    expect(rows([{ numbers, down: true }])).toEqual([1, 2, 0]);
    expect(rows([{ numbers, down: false }])).toEqual([2, 1, 0]);
  });

  it('reads one of several numbers of a trial, and applies ranges, equalities and codes', () => {
    const column = Float64Array.of(1, 10, 2, 20, 3, 30);
    const second = { column, width: 2, place: 1 };
    const rows = (condition: Condition): number[] => [
      ...orderRows({ size: 3, from: 0, conditions: [condition], keys: [] }),
    ];
    expect(rows({ kind: 'within', numbers: second, low: 20, high: 30 })).toEqual([1, 2]);
    expect(rows({ kind: 'any', of: [{ numbers: second, value: 10 }], not: true })).toEqual([1, 2]);
    expect(
      rows({
        kind: 'codes',
        numbers: { column: Uint8Array.of(0, 1, 255), width: 1, place: 0 },
        passes: [false, true],
      }),
    ).toEqual([1]);
  });
});
