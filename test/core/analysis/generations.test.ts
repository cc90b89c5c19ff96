import { describe, expect, it } from 'vitest';
import { bestPerGeneration } from '../../../src/core/analysis/generations.ts';

const trial = (generation: number, value: number | null, outcome: string | null = 'succeeded') => ({
  origin: { operator: 'mutation', parents: [], generation },
  outcome,
  value,
});

describe('Best value per generation', () => {
  it('is the best finite value of each generation in either direction, in order of generation', () => {
    const trials = [
      trial(1, 3),
      trial(0, 1),
      trial(0, 2),
      trial(1, Infinity, 'diverged'),
      trial(2, null, 'crashed'),
      trial(2, null, null),
    ];
    const best = (direction: 'minimize' | 'maximize'): unknown[] =>
      bestPerGeneration(trials, direction).map(({ generation, trials: n, best: value }) => [
        generation,
        n,
        value,
      ]);
    expect(best('minimize')).toEqual([
      [0, 2, 1],
      [1, 2, 3],
      [2, 1, null],
    ]);
    expect(best('maximize')).toEqual([
      [0, 2, 2],
      [1, 2, 3],
      [2, 1, null],
    ]);
  });

  it('ignores trials without an origin', () => {
    expect(
      bestPerGeneration([{ origin: null, outcome: 'succeeded', value: 1 }], 'minimize'),
    ).toEqual([]);
  });
});
