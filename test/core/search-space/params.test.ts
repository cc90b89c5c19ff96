import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isActive } from '../../../src/core/search-space/activity.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { Params, SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../../src/core/search-space/params.ts';
import { fromCube } from '../../../src/core/search-space/unit-cube.ts';
import { anyDistribution, spaceOf } from './arbitrary-space.ts';

const space: SearchSpace = {
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  momentum: { type: 'float', low: 0, high: 1, when: { optimizer: ['sgd'] } },
};
const axes = axesOf({
  ...space,
  nesterov: { type: 'categorical', choices: [true, false], when: { optimizer: ['sgd'] } },
});
const problemsOf = (params: Params): string[] => {
  const result = encodeParams(axes, params);
  return result.ok ? [] : result.problems.map(({ code, path }) => `${code} ${path}`);
};

describe('Search space: decoded points', () => {
  it('omit inactive parameters and survive a round trip', () => {
    fc.assert(
      fc.property(
        spaceOf(anyDistribution),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (any, units) => {
          const all = axesOf(any);
          const point = fromCube(
            all,
            Float64Array.from(all, (_, i) => units[i]!),
          );
          const params = toParams(all, point);
          expect(Object.keys(params)).toEqual(
            all.filter((axis) => isActive(axis, point)).map(({ name }) => name),
          );
          expect(encodeParams(all, params)).toEqual({ ok: true, params: point });
        },
      ),
    );
  });

  it('are refused with all problems at once', () => {
    expect(problemsOf({ optimizer: 'sgd', momentum: 2, nestrov: true })).toEqual([
      'unknown-parameter params.nestrov',
      'illegal-value params.momentum',
      'missing-parameter params.nesterov',
    ]);
    expect(problemsOf({ optimizer: 'adam', momentum: 0.5 })).toEqual([
      'inactive-parameter params.momentum',
    ]);
  });

  it('report an invalid parent once, without its children', () => {
    expect(problemsOf({ optimizer: 'sdg', momentum: 0.5, nesterov: true })).toEqual([
      'illegal-value params.optimizer',
    ]);
  });

  it('refuse an int for a string, and a value between steps', () => {
    const stepped = axesOf({ n: { type: 'float', low: 0, high: 1, step: 0.1 } });
    expect(encodeParams(stepped, { n: 0.3 })).toEqual({ ok: true, params: Float64Array.of(0.3) });
    expect(encodeParams(stepped, { n: 0.1 + 0.2 })).toEqual({
      ok: true,
      params: Float64Array.of(0.3),
    });
    expect(encodeParams(stepped, { n: 0.35 }).ok).toBe(false);
    expect(encodeParams(stepped, { n: '0.3' }).ok).toBe(false);
  });

  it('may have names of properties of every object', () => {
    const odd = axesOf(
      JSON.parse(
        '{"__proto__": {"type": "int", "low": 1, "high": 3}, "toString": {"type": "int", "low": 1, "high": 3}}',
      ) as SearchSpace,
    );
    const params = toParams(odd, Float64Array.of(2, 3));
    expect(Object.entries(params)).toEqual([
      ['__proto__', 2],
      ['toString', 3],
    ]);
    expect(encodeParams(odd, params)).toEqual({ ok: true, params: Float64Array.of(2, 3) });
    expect(encodeParams(odd, {}).ok).toBe(false);
  });
});
