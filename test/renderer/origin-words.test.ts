import { describe, expect, it } from 'vitest';
import { originText } from '../../src/renderer/words/origin-words.ts';

describe('Inspector: origin of a trial', () => {
  it.each([
    ['latin-hypercube', [], false, 'Founder, drawn at random'],
    ['uniform', [], true, 'Random point, chosen by the model'],
    ['neighbour', [4], true, 'Neighbour of 4'],
    ['crossover+mutation', [4, 7], true, 'Crossover + mutation of 4 and 7'],
    ['local-search', [], true, 'Proposed by local search'],
    ['grid', [], false, 'Proposed by grid'],
    ['continue', [12], false, 'Continuation of 12'],
    ['copy', [5, 3], false, 'Copy of 5, in place of 3'],
  ])('of %s with the parents %j, chosen by a model: %s', (operator, parents, isChosen, words) => {
    expect(originText(operator, parents, isChosen)).toBe(words);
  });
});
