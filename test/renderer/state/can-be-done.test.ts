import { describe, expect, it } from 'vitest';
import { canGoOn, canRunAgain } from '../../../src/renderer/state/can-be-done.ts';
import { simulatedTable } from '../../support/simulated-table.ts';

const searched = simulatedTable('evolution', 0).head.searched!;
const head = (sampler: { name: string }, trials: number | null) => ({
  ...{ uid: 'a', confirms: null, deleted: false, searched: { ...searched, sampler } },
  limits: { trials, minutes: null, target: null },
});
const population = { name: 'pbt', population: 4, rounds: 5 };

describe('What a study allows', () => {
  it('adds trials to a population until its members are trained to their end', () => {
    expect(canGoOn(head({ name: 'tpe' }, 20))).toBe(true);
    expect(canGoOn(head(population, 12))).toBe(true);
    expect(canGoOn(head(population, null))).toBe(true);
    expect(canGoOn(head(population, 20))).toBe(false);
  });

  it('repeats no trial that goes on from the checkpoint of another', () => {
    expect(canRunAgain(head({ name: 'tpe' }, 20))).toBe(true);
    expect(canRunAgain(head(population, 20))).toBe(false);
  });
});
