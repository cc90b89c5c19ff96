import { describe, expect, it } from 'vitest';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { parsedPoint } from '../../../src/renderer/views/space/typed-point.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0.001, high: 1, log: true },
  units: { type: 'int', low: 1, high: 64 },
  activation: { type: 'categorical', choices: ['relu', null, true, 2] },
};

describe('Space: a typed point', () => {
  it('leaves empty fields out and reads choices that are no texts', () => {
    expect(parsedPoint(space, { rate: ' 0,5 ', units: '', activation: 'true' })).toEqual({
      params: { rate: 0.5, activation: true },
      wrong: new Set(),
    });
  });

  it.each([
    ['rate', '2'],
    ['rate', 'x'],
    ['units', '1.5'],
    ['activation', 'Relu'],
  ])('names %s as wrong where its text is %s', (name, text) => {
    expect(parsedPoint(space, { [name]: text })).toEqual({ params: {}, wrong: new Set([name]) });
  });
});
