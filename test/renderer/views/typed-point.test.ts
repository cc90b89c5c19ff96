import { describe, expect, it } from 'vitest';
import type { SamplerSpec } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import {
  expectedText,
  parsedPoint,
  triedSpace,
} from '../../../src/renderer/views/space/typed-point.ts';
import { simulatedTable } from '../../support/simulated-table.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0.001, high: 1, log: true },
  units: { type: 'int', low: 1, high: 64 },
  activation: { type: 'categorical', choices: ['relu', null, true, 2] },
};

describe('Space: the points that can be tried', () => {
  const tried = (sampler: SamplerSpec = { name: 'random' }): SearchSpace | null => {
    const { searched } = simulatedTable('evolution', 0).head;
    const only = { x: [0.5], kind: ['b'] };
    return triedSpace({ confirms: null, searched: { ...searched!, sampler, only } });
  };

  it('are those of the search as it was edited', () => {
    const { x, y, kind } = tried() ?? {};
    expect([x, y, kind].map((each) => expectedText(each!))).toEqual(['0.5', '0.0001 to 1', 'b']);
  });

  it('are none of a population, whose sampler chooses each of its trials', () => {
    expect(tried({ name: 'pbt', population: 4 })).toBeNull();
  });
});

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
