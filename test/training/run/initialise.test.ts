import { describe, expect, it } from 'vitest';
import { initialiser } from '../../../src/training/plan/initialiser.ts';
import type { WeightSpec } from '../../../src/training/plan/plan.ts';
import { initialWeights } from '../../../src/training/run/initialise.ts';

const weight: WeightSpec = {
  name: 'w',
  shape: [2, 1, 5, 5],
  offset: 0,
  kind: 'kernel',
  fanIn: 25,
  fanOut: 50,
  init: 'uniform',
  spread: 0.2,
  decay: true,
  trainable: true,
};

function first(spec: Partial<WeightSpec>, trial: number, shared = false): number[] {
  return [
    ...initialWeights({ weights: [{ ...weight, ...spec }] }, 7, { trial, shared }).slice(0, 4),
  ];
}

describe('Initial weights', () => {
  it('have these values for seed 7, trial 0, uniform or normal', () => {
    [0.10230748, -0.1564934, 0.1028296, 0.10791931].forEach((w, i) => {
      expect(first({}, 0)[i]).toBeCloseTo(w, 8);
    });
    [0.69275635, -1.2331146, 0.69692153, 0.73818278].forEach((w, i) => {
      expect(first({ init: 'normal', spread: 1 }, 0)[i]).toBeCloseTo(w, 6);
    });
  });

  it('differ between trials, unless the study requires equal ones', () => {
    expect(first({}, 1)).not.toEqual(first({}, 0));
    expect(first({}, 1, true)).toEqual(first({}, 0, true));
    expect(first({}, 0, true)).not.toEqual(first({}, 0));
  });

  it('leave the padding of the block at 0', () => {
    const block = initialWeights({ weights: [weight] }, 7, { trial: 0, shared: false });
    expect([block.length, block[49] !== 0, block[50], block[51]]).toEqual([52, true, 0, 0]);
  });

  it.each([
    ['pytorch', 'uniform', 1 / Math.sqrt(25), 'uniform'],
    ['he-normal', 'normal', Math.sqrt(2 / 25), 'zero'],
    ['he-uniform', 'uniform', Math.sqrt(6 / 25), 'zero'],
    ['glorot-normal', 'normal', Math.sqrt(2 / 75), 'zero'],
    ['glorot-uniform', 'uniform', Math.sqrt(6 / 75), 'zero'],
  ] as const)('of scheme %s have the spread of its fans', (scheme, init, spread, bias) => {
    expect(initialiser(scheme)('kernel', 25, 50)).toEqual({ init, spread });
    expect(initialiser(scheme)('bias', 25, 50).init).toBe(bias);
  });
});
