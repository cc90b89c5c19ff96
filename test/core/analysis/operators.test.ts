import { describe, expect, it } from 'vitest';
import { medianOf } from '../../../src/core/analysis/median-of.ts';
import { operatorRecords } from '../../../src/core/analysis/operators.ts';
import type { BredTrials } from '../../../src/core/analysis/operators.ts';

type Row = readonly [operator: string, value: number | null, ...parents: number[]];

function trials(rows: readonly Row[], direction: 'minimize' | 'maximize'): BredTrials {
  return {
    direction,
    size: rows.length,
    operator: (number) => rows[number]![0],
    parents: (number) => rows[number]!.slice(2) as number[],
    hasEnded: (number) => rows[number]![1] !== null,
    value: (number) => rows[number]![1] ?? NaN,
  };
}

describe('Operator statistics', () => {
  const rows: readonly Row[] = [
    ['uniform', 0.5],
    ['uniform', 0.7],
    ['mutation', 0.6, 0],
    ['mutation', 0.65, 1],
    ['crossover', 0.8, 0, 1],
    ['crossover', 0.6, 0, 1],
    ['mutation', 0.9, 4],
    ['mutation', null, 4],
    ['mutation', -Infinity, 4],
    ['crossover', 0.7, 0, 1],
    ['mutation', 0.61, 0],
  ];

  it('counts a child as better than its parents only if it beats the best of them', () => {
    expect(operatorRecords(trials(rows, 'maximize'))).toEqual([
      { operator: 'uniform', births: 2, judged: 0, beat: 0, medianGain: null },
      {
        operator: 'mutation',
        births: 6,
        judged: 5,
        beat: 3,
        medianGain: expect.closeTo(0.1, 12) as number,
      },
      {
        operator: 'crossover',
        births: 3,
        judged: 3,
        beat: 1,
        medianGain: expect.closeTo(0.1, 12) as number,
      },
    ]);
  });

  it('has positive gains when minimising', () => {
    const negated = rows.map(([operator, value, ...parents]): Row => [
      operator,
      value === null ? null : -value,
      ...parents,
    ]);
    expect(operatorRecords(trials(negated, 'minimize'))).toEqual(
      operatorRecords(trials(rows, 'maximize')),
    );
  });

  it('has no gain for a child of a trial without a value', () => {
    const [, mutation] = operatorRecords(
      trials(
        [
          ['uniform', -Infinity],
          ['mutation', 0.4, 0],
        ],
        'maximize',
      ),
    );
    expect(mutation).toMatchObject({ judged: 1, beat: 0, medianGain: null });
  });
});

it.each([
  [[], null],
  [[3], 3],
  [[4, 1], 2.5],
  [[9, 1, 4], 4],
] as const)('computes the median of %j as %d', (numbers, median) =>
  expect(medianOf(numbers)).toBe(median),
);
