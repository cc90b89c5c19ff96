import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import {
  checkSampler,
  createSampler,
  defaultSampler,
  samplerNames,
} from '../../../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0, high: 1 },
  units: { type: 'int', low: 1, high: 4 },
};

describe('Samplers: settings', () => {
  const wrong: [string, SamplerSpec, string, string | undefined][] = [
    [
      'an unknown name',
      { name: 'evolutoin' },
      'unknown-sampler sampler.name',
      'did you mean evolution?',
    ],
    [
      'a name of every object',
      { name: 'constructor' },
      'unknown-sampler sampler.name',
      `one of ${samplerNames.map(({ name }) => name).join(', ')}`,
    ],
    [
      'an unknown setting',
      { name: 'evolution', popluation: 4 },
      'unknown-setting sampler.popluation',
      'did you mean population?',
    ],
    [
      'a setting where there is none',
      { name: 'random', sigma: 1 },
      'unknown-setting sampler.sigma',
      'there is none',
    ],
    [
      'a fraction for an integer',
      { name: 'evolution', population: 4.5 },
      'illegal-setting sampler.population',
      undefined,
    ],
    [
      'a string for a number',
      { name: 'evolution', sigma: '0.1' },
      'illegal-setting sampler.sigma',
      undefined,
    ],
    [
      'a share above 1',
      { name: 'evolution', crossover: 1.5 },
      'illegal-setting sampler.crossover',
      undefined,
    ],
    [
      'a population of 0',
      { name: 'generational', population: 0 },
      'illegal-setting sampler.population',
      undefined,
    ],
    ['NaN', { name: 'evolution', sigma: NaN }, 'illegal-setting sampler.sigma', undefined],
    [
      'a grid on an unbounded space',
      { name: 'grid' },
      'unbounded-grid sampler',
      'give rate a step, or set sampler.divisions',
    ],
  ];
  it.each(wrong)('%s is one problem with its path', (_, spec, problem, hint) => {
    const problems = checkSampler(spec, space);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([problem]);
    expect(problems[0]?.hint).toBe(hint);
    expect(() => createSampler(spec, space, 'minimize', 0)).toThrow(InvalidInput);
  });

  it('reports every wrong setting at once', () => {
    expect(
      checkSampler({ name: 'evolution', tournament: 0, sigma: 2, speed: 1 }, space).map(
        ({ path }) => path,
      ),
    ).toEqual(['sampler.tournament', 'sampler.sigma', 'sampler.speed']);
  });

  it('checks only names and settings if the space has problems', () => {
    expect(checkSampler({ name: 'grid' }, null)).toEqual([]);
    expect(checkSampler({ name: 'gird' }, null)).toHaveLength(1);
  });

  it('refuses a grid with too many points to number', () => {
    const wide: SearchSpace = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`p${i}`, { type: 'int', low: 0, high: 999 } as const]),
    );
    expect(checkSampler({ name: 'grid' }, wide).map(({ code }) => code)).toEqual([
      'grid-too-large',
    ]);
  });

  it('accepts every sampler by its bare name on a finite space', () => {
    for (const { name, pick } of samplerNames) {
      expect(checkSampler({ name }, { units: space['units']! })).toEqual([]);
      expect(pick.length).toBeGreaterThan(20);
    }
    expect(samplerNames[0]?.name).toBe(defaultSampler.name);
  });
});
