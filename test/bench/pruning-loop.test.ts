import { describe, expect, it } from 'vitest';
import { pruningLoop } from '../../bench/pruning-loop.ts';
import type { PrunedProposer } from '../../bench/pruning-loop.ts';
import { ownPrunedProposer } from '../../bench/pruned-proposers.ts';

const EPOCHS = 10;
/** Ends at the value of the only parameter; the gain from epoch to epoch is the same for all. */
const curveOf = (params: Float64Array): Promise<number[]> =>
  Promise.resolve(Array.from({ length: EPOCHS }, (_, epoch) => (params[0] ?? NaN) + 9 - epoch));

const setting = { seed: 1, workers: 2, checkpoints: [100, 200] };
const problem = {
  space: { x: { type: 'float', low: 0, high: 1 } },
  direction: 'minimize',
} as const;

const own = (pruner: string): PrunedProposer =>
  ownPrunedProposer({ name: 'random' }, { name: pruner }, problem, 1, EPOCHS);

describe('Pruning loop: epochs as the budget', () => {
  it('trains every trial to its end without a pruner', async () => {
    const { best, finished, stopped, saved } = await pruningLoop(curveOf, own('none'), setting);
    // One trial of each worker may be unfinished when the budget is spent.
    expect(finished).toBeGreaterThanOrEqual(18);
    expect([stopped, saved]).toEqual([0, 0]);
    expect(best).toHaveLength(2);
    expect(best[1]).toBeLessThanOrEqual(best[0] ?? NaN);
  });

  it('starts more trials in the same epochs where some are stopped', async () => {
    const { finished, stopped, saved } = await pruningLoop(curveOf, own('hopeless'), setting);
    expect(stopped).toBeGreaterThan(0);
    expect(finished + stopped).toBeGreaterThan(20);
    // Trials that run when the budget is spent count neither as trained nor as saved.
    const spent = EPOCHS * (finished + stopped) - saved;
    expect(spent).toBeGreaterThan(200 - 2 * EPOCHS);
    expect(spent).toBeLessThanOrEqual(200);
  });

  it('never recommends a stopped trial', async () => {
    const proposer: PrunedProposer = {
      propose: () => Float64Array.of(0),
      report: () => 'stops',
      finished: () => undefined,
      stopped: () => undefined,
    };
    const { best, finished } = await pruningLoop(curveOf, proposer, setting);
    expect(finished).toBe(0);
    expect(best).toEqual([Infinity, Infinity]);
  });

  it('goes on with a promoted trial where it paused, and trains no epoch twice', async () => {
    const asked: [number, number][] = [];
    const proposer = own('asha-promotion');
    const watched: PrunedProposer = {
      ...proposer,
      report: (number, step, value) => {
        asked.push([number, step]);
        return proposer.report(number, step, value);
      },
    };
    const { finished, stopped, saved } = await pruningLoop(curveOf, watched, setting);
    expect(new Set(asked.map((each) => each.join())).size).toBe(200);
    // Rungs after epochs 2 and 6. More than a third goes on, because better trials come later.
    const reached = (epochs: number): number =>
      asked.filter(([, step]) => step === epochs - 1).length;
    expect(reached(3)).toBeLessThan(reached(2) / 2);
    expect(reached(7)).toBeLessThan(reached(6));
    expect(finished).toBeGreaterThan(1);
    expect(stopped).toBeGreaterThan(20);
    const spent = EPOCHS * (finished + stopped) - saved;
    expect(spent).toBeGreaterThan(200 - 2 * EPOCHS);
    expect(spent).toBeLessThanOrEqual(200);
  });
});
