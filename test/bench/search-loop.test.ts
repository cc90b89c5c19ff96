import { describe, expect, it } from 'vitest';
import { searchLoop } from '../../bench/search-loop.ts';
import type { Proposer } from '../../bench/proposers.ts';

const none = { ended: (): void => undefined };

/** Proposes the point n for trial n, and counts the trials that run. */
class Counting implements Proposer {
  #next = 0;
  running = 0;
  mostRunning = 0;

  propose(): Float64Array {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    this.#next += 1;
    return Float64Array.of(this.#next - 1);
  }

  ended(): void {
    this.running -= 1;
  }
}

describe('Search loop: virtual clock', () => {
  it('keeps every worker busy and starts no trial beyond the budget', async () => {
    const proposer = new Counting();
    const evaluated: number[] = [];
    const evaluate = (params: Float64Array): number => evaluated.push(params[0] ?? NaN);
    const setting = { seed: 1, workers: 4, checkpoints: [20] };
    await searchLoop({ direction: 'minimize', evaluate }, proposer, setting);
    expect(evaluated).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(proposer.mostRunning).toBe(4);
    expect(proposer.running).toBe(0);
  });

  it.each([
    ['minimize', 4],
    ['maximize', 0],
  ] as const)('recommends the best of the ended trials: %s', async (direction, best) => {
    const evaluate = (params: Float64Array): number => -(params[0] ?? NaN);
    const setting = { seed: 1, workers: 1, checkpoints: [3, 5] };
    const points = await searchLoop({ direction, evaluate }, new Counting(), setting);
    expect(points.map(([point]) => point)).toEqual([Math.min(best, 2), best]);
  });

  it('recommends the smaller number of two equal trials', async () => {
    const setting = { seed: 1, workers: 3, checkpoints: [9] };
    const problem = { direction: 'minimize', evaluate: () => 1 } as const;
    expect(await searchLoop(problem, new Counting(), setting)).toEqual([Float64Array.of(0)]);
  });

  it('ends when the proposer has no point left', async () => {
    const setting = { seed: 1, workers: 2, checkpoints: [1, 9] };
    const proposer = { ...none, propose: () => null };
    expect(
      await searchLoop({ direction: 'minimize', evaluate: () => 1 }, proposer, setting),
    ).toEqual([]);
  });
});
