import { describe, expect, it } from 'vitest';
import { chanceLimit } from '../../../src/core/analysis/chance.ts';

describe('Chance level: of an accuracy', () => {
  it('lies a little above one in the number of classes', () => {
    expect(chanceLimit(10)).toBeCloseTo(0.125, 12);
    expect(chanceLimit(2)).toBeCloseTo(0.525, 12);
    expect(chanceLimit(100)).toBeCloseTo(0.0125, 12);
  });

  it('covers a network that always answers with the largest class of MNIST', () => {
    expect(1135 / 10_000).toBeLessThan(chanceLimit(10) ?? 0);
  });

  it('is unknown where there is nothing to guess', () => {
    expect(chanceLimit(1)).toBeNull();
    expect(chanceLimit(0)).toBeNull();
  });
});
