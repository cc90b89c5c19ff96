import { expect, it } from 'vitest';
import { HistoryRing } from '../../../src/node/machine/history-ring.ts';

function ringOf(capacity: number, count: number): HistoryRing<number> {
  const ring = new HistoryRing<number>(capacity);
  for (let i = 0; i < count; i++) ring.push(i);
  return ring;
}

it.each([
  [0, 0, []],
  [2, 0, [0, 1]],
  [2, 1, [1]],
  [2, 2, []],
  [3, 0, [0, 1, 2]],
  [4, 0, [1, 2, 3]],
  [10, 0, [7, 8, 9]],
  [10, 8, [8, 9]],
  [10, 10, []],
  [10, 11, []],
])(
  'History ring: of %i entries in a ring of 3, returns the new ones after %i',
  (count, seen, entries) => {
    const ring = ringOf(3, count);
    expect(ring.since(seen)).toStrictEqual(entries);
    expect(ring.total).toBe(count);
  },
);
