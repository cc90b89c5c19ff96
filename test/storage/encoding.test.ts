import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axesOf } from '../../src/core/search-space/axis.ts';
import type { Distribution } from '../../src/core/search-space/distribution.ts';
import { optunaDistribution } from '../../src/protocol/lab-file.ts';
import {
  dateOf,
  distributionJson,
  distributionOf,
  optunaDate,
  optunaValue,
  valueOf,
} from '../../src/storage/optuna-encoding.ts';
import { parsePythonJson, pythonFloat, pythonJson } from '../../src/storage/python-json.ts';

describe('Optuna encoding: floats as Python writes them', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-2, '-2.0'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-0.000012345, '-1.2345e-05'],
    [1e-7, '1e-07'],
    [123456.789, '123456.789'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [-1.5e22, '-1.5e+22'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('writes %d as %s', (x, text) => {
    expect(pythonFloat(x)).toBe(text);
  });

  it('reads back the same bits, and marks whole numbers as floats', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const text = pythonFloat(x);
        expect(Number(text)).toBe(x);
        expect(text).toMatch(/^-?(\d+\.\d+|\d(\.\d+)?e[+-]\d\d+)$/);
      }),
    );
  });
});

describe('Optuna encoding: JSON as Python writes it', () => {
  it.each([
    [{ a: [1, 2.5, -0], b: null, c: undefined }, '{"a": [1, 2.5, -0.0], "b": null}'],
    ['é"\\\n\u2028😀', String.raw`"\u00e9\"\\\n\u2028\ud83d\ude00"`],
    [[NaN, Infinity, -Infinity], '[NaN, Infinity, -Infinity]'],
    [{ 'key é': true }, String.raw`{"key \u00e9": true}`],
    [1e21, '1000000000000000000000'],
    [[], '[]'],
    [{}, '{}'],
  ])('writes %j as %s', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });

  it('reads the bare words that JSON.parse refuses, but not inside strings', () => {
    expect(
      parsePythonJson('{"x": NaN, "y": [-Infinity, Infinity], "NaN": "Infinity \\" NaN"}'),
    ).toEqual({
      x: NaN,
      y: [-Infinity, Infinity],
      NaN: 'Infinity " NaN',
    });
    expect(() => parsePythonJson('{"x": NaNa}')).toThrow(SyntaxError);
  });

  it('reads back every value that it writes', () => {
    const leaf = fc.oneof(
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('NaN', '\u0001NaN', 'Infinity'),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      // prettier-ignore
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(fc.string().filter((key) => key !== '__proto__'), tie('value'))),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const text = pythonJson(written);
        expect(text).toMatch(/^[\x20-\x7f]*$/);
        expect(parsePythonJson(text)).toEqual(written);
      }),
    );
  });
});

describe('Optuna encoding: distributions', () => {
  const cases: [Distribution, string][] = [
    [
      { type: 'float', low: 1e-5, high: 0.1, log: true },
      '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}',
    ],
    [
      { type: 'float', low: 0, high: 1 },
      '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}',
    ],
    [
      { type: 'float', low: 0, high: 1, step: 0.25 },
      '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}',
    ],
    [
      { type: 'int', low: 0, high: 10, step: 2 },
      '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 0, "high": 10}}',
    ],
    [
      { type: 'int', low: 1, high: 1024, log: true },
      '{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 1024}}',
    ],
    [
      { type: 'categorical', choices: [null, true, 1, 2.5, 'é'] },
      String.raw`{"name": "CategoricalDistribution", "attributes": {"choices": [null, true, 1, 2.5, "\u00e9"]}}`,
    ],
  ];
  const json = (distribution: Distribution): string => {
    const [axis] = axesOf({ x: distribution });
    return axis === undefined ? '' : distributionJson(axis);
  };

  it.each(cases)('writes %j as Optuna does', (distribution, text) => {
    expect(json(distribution)).toBe(text);
  });

  it.each(cases.map(([, text]) => text))('reads back %s', (text) => {
    const read = distributionOf(optunaDistribution.parse(parsePythonJson(text)));
    expect(json(read)).toBe(text);
  });

  it('ends a stepped range on a step, since Optuna would move it there with a warning', () => {
    expect(json({ type: 'int', low: 1, high: 10, step: 4 })).toContain('"high": 9');
    expect(json({ type: 'float', low: 0.1, high: 0.8, step: 0.2 })).toContain('"high": 0.7,');
  });

  it.each<[string, Distribution]>([
    [
      '{"name": "UniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}',
      { type: 'float', low: 0, high: 1 },
    ],
    [
      '{"name": "LogUniformDistribution", "attributes": {"low": 0.1, "high": 1.0}}',
      { type: 'float', low: 0.1, high: 1, log: true },
    ],
    [
      '{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.5}}',
      { type: 'float', low: 0, high: 1, step: 0.5 },
    ],
    [
      '{"name": "IntUniformDistribution", "attributes": {"low": 0, "high": 8, "step": 2}}',
      { type: 'int', low: 0, high: 8, step: 2 },
    ],
    [
      '{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 8, "step": 1}}',
      { type: 'int', low: 1, high: 8, step: 1, log: true },
    ],
    [
      '{"type": "float", "low": 1, "high": 2, "log": true}',
      { type: 'float', low: 1, high: 2, log: true },
    ],
    [
      '{"type": "categorical", "choices": ["a", NaN, [1, 2]]}',
      { type: 'categorical', choices: ['a', NaN, '[1, 2]'] },
    ],
  ])('reads the notation %s', (text, distribution) => {
    expect(distributionOf(optunaDistribution.parse(parsePythonJson(text)))).toEqual(distribution);
  });
});

it('Optuna encoding: stores a value as a finite number or as an infinity with its name', () => {
  expect(optunaValue(0.5)).toEqual([0.5, 'FINITE']);
  expect(optunaValue(Infinity)).toEqual([null, 'INF_POS']);
  expect(optunaValue(-Infinity)).toEqual([null, 'INF_NEG']);
  for (const value of [0.5, Infinity, -Infinity])
    expect(valueOf(...optunaValue(value))).toBe(value);
  expect(valueOf(null, null)).toBeNaN();
});

it('Optuna encoding: writes a date in UTC without a zone, with six digits', () => {
  const date = new Date('2026-11-23T22:50:00.123Z');
  expect(optunaDate(date)).toBe('2026-11-23 22:50:00.123000');
  expect(dateOf('2026-11-23 22:50:00.123000')).toEqual(date);
  expect(dateOf('2026-11-23 22:50:00')).toEqual(new Date('2026-11-23T22:50:00Z'));
  expect(dateOf('yesterday')).toBeNull();
});
