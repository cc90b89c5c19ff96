import { describe, expect, it } from 'vitest';
import { checkSearchSpace } from '../../../src/core/search-space/check.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';

const found = (space: SearchSpace): string[] =>
  checkSearchSpace(space).map(({ code, path }) => `${code} ${path}`);

describe('Search space: problems', () => {
  const wrong: [string, SearchSpace, string[]][] = [
    ['no parameter', {}, ['empty-space searchSpace']],
    [
      'low above high',
      { x: { type: 'float', low: 2, high: 1 } },
      ['low-above-high searchSpace.x.low'],
    ],
    [
      'log with low 0',
      { x: { type: 'float', low: 0, high: 1, log: true } },
      ['log-not-positive searchSpace.x.low'],
    ],
    [
      'log int with low 0',
      { x: { type: 'int', low: 0, high: 9, log: true } },
      ['log-not-positive searchSpace.x.low'],
    ],
    [
      'log with a step',
      { x: { type: 'float', low: 1, high: 9, log: true, step: 1 } },
      ['log-with-step searchSpace.x.step'],
    ],
    [
      'log int with step 2',
      { x: { type: 'int', low: 1, high: 9, log: true, step: 2 } },
      ['log-with-step searchSpace.x.step'],
    ],
    [
      'step 0',
      { x: { type: 'float', low: 1, high: 9, step: 0 } },
      ['step-not-positive searchSpace.x.step'],
    ],
    [
      'step −1',
      { x: { type: 'int', low: 1, high: 9, step: -1 } },
      ['step-not-positive searchSpace.x.step'],
    ],
    [
      'a step beyond the range',
      { x: { type: 'int', low: 1, high: 9, step: 10 } },
      ['step-too-large searchSpace.x.step'],
    ],
    [
      'an int that is none',
      { x: { type: 'int', low: 0.5, high: 9 } },
      ['not-an-integer searchSpace.x.low'],
    ],
    [
      'an int beyond 2⁵³',
      { x: { type: 'int', low: 0, high: 2 ** 53 } },
      ['too-large searchSpace.x.high'],
    ],
    ['NaN', { x: { type: 'float', low: NaN, high: 1 } }, ['not-finite searchSpace.x.low']],
    [
      'an infinite range',
      { x: { type: 'float', low: -1.7e308, high: 1.7e308 } },
      ['too-large searchSpace.x.high'],
    ],
    [
      'no choices',
      { x: { type: 'categorical', choices: [] } },
      ['no-choices searchSpace.x.choices'],
    ],
    [
      'equal choices',
      { x: { type: 'categorical', choices: ['a', 1, 'a'] } },
      ['duplicate-choice searchSpace.x.choices[2]'],
    ],
    [
      'an unknown parent',
      { x: { type: 'int', low: 0, high: 1, when: { y: [1] } } },
      ['unknown-parent searchSpace.x.when.y'],
    ],
    [
      'itself as parent',
      { x: { type: 'int', low: 0, high: 1, when: { x: [1] } } },
      ['unknown-parent searchSpace.x.when.x'],
    ],
    [
      'a parent declared later',
      {
        x: { type: 'int', low: 0, high: 1, when: { y: [1] } },
        y: { type: 'int', low: 0, high: 1 },
      },
      ['later-parent searchSpace.x.when.y'],
    ],
    [
      'a value the parent cannot take',
      {
        y: { type: 'int', low: 0, high: 4, step: 2 },
        x: { type: 'int', low: 0, high: 1, when: { y: [2, 3, '2'] } },
      },
      ['impossible-value searchSpace.x.when.y.1', 'impossible-value searchSpace.x.when.y.2'],
    ],
    [
      'a continuous parent',
      {
        y: { type: 'float', low: 0, high: 1 },
        x: { type: 'int', low: 0, high: 1, when: { y: [0.5] } },
      },
      ['continuous-parent searchSpace.x.when.y'],
    ],
    [
      'no value of the parent',
      { y: { type: 'int', low: 0, high: 4 }, x: { type: 'int', low: 0, high: 1, when: { y: [] } } },
      ['no-values searchSpace.x.when.y'],
    ],
  ];
  it.each(wrong)('reports %s as one problem with its path', (_, space, problems) =>
    expect(found(space)).toEqual(problems),
  );

  it('reports all problems in the order of declaration', () => {
    const space: SearchSpace = {
      rate: { type: 'float', low: 0, high: 1, log: true },
      layers: { type: 'int', low: 4, high: 1 },
      kind: { type: 'categorical', choices: [] },
    };
    expect(found(space)).toEqual([
      'log-not-positive searchSpace.rate.low',
      'low-above-high searchSpace.layers.low',
      'no-choices searchSpace.kind.choices',
    ]);
  });

  it('suggests the nearest parameter and the nearest choice', () => {
    const space: SearchSpace = {
      optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
      momentum: { type: 'float', low: 0, high: 1, when: { optimiser: ['sgd'] } },
      decay: { type: 'float', low: 0, high: 1, when: { optimizer: ['adm'] } },
    };
    expect(checkSearchSpace(space).map(({ hint }) => hint)).toEqual([
      'did you mean optimizer?',
      'did you mean adam?',
    ]);
  });

  it('accepts unusual but valid spaces', () => {
    expect(
      found({
        one: { type: 'float', low: 1, high: 1 },
        single: { type: 'categorical', choices: [null] },
        wide: { type: 'int', low: -(2 ** 53 - 1), high: 0 },
        uneven: { type: 'float', low: 0, high: 1, step: 0.3 },
        child: { type: 'int', low: 1, high: 9, log: true, when: { uneven: [0.9], single: [null] } },
      }),
    ).toEqual([]);
  });
});

describe('Search space: limits', () => {
  const float = { type: 'float', low: 0, high: 1 } as const;
  const many = (count: number): SearchSpace =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, float]));
  const choices = (count: number): SearchSpace => ({
    p: { type: 'categorical', choices: Array.from({ length: count }, (_, i) => i) },
  });

  it('refuses more than 1,000 parameters with one problem that names the limit', () => {
    expect(checkSearchSpace(many(1000))).toEqual([]);
    expect(checkSearchSpace(many(10_000))).toMatchObject([
      { path: 'searchSpace', expected: 'at most 1000 parameters', found: '10000' },
    ]);
  });

  it('refuses more than 10,000 choices of a parameter with one problem that names the limit', () => {
    expect(checkSearchSpace(choices(10_000))).toEqual([]);
    expect(checkSearchSpace(choices(100_000))).toMatchObject([
      { path: 'searchSpace.p.choices', expected: 'at most 10000 choices' },
    ]);
  });
});
