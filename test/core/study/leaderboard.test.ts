import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leaderboard } from '../../../src/core/study/leaderboard.ts';

describe('Leaderboard', () => {
  it('keeps the best of the offered trials, ties by smaller number, and names the one that leaves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 })),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (values, capacity, up) => {
          const board = new Leaderboard(up ? 'maximize' : 'minimize', capacity);
          const order = values
            .map((value, number) => ({ value, number }))
            .sort((a, b) => (up ? b.value - a.value : a.value - b.value) || a.number - b.number);
          const off = values
            .map((value, number) => board.offer(number, value))
            .filter((number) => number !== null);
          expect(board.best(capacity)).toEqual(
            order.slice(0, capacity).map(({ number }) => number),
          );
          expect(off.sort((a, b) => a - b)).toEqual(
            order
              .slice(capacity)
              .map(({ number }) => number)
              .sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});
