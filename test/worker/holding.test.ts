import { expect, it } from 'vitest';
import { Holding } from '../../src/worker/holding.ts';
import { attempt, done } from '../support/session-world.ts';

it('Worker: keeps the first result of an attempt, and none of an attempt that it does not hold', () => {
  const holding = new Holding();
  holding.accept([{ attempt: attempt(0), params: Float64Array.of(1) }]);
  expect(holding.start(attempt(0))).toBe(true);
  expect(holding.finish(attempt(0), done, 0)).toBe(true);
  expect(holding.finish(attempt(0), { outcome: 'cancelled', ms: 0 }, 0)).toBe(false);
  expect(holding.finish(attempt(1), done, 0)).toBe(false);
  expect(holding.unanswered(0, 0)).toStrictEqual([{ attempt: attempt(0), result: done }]);
});
