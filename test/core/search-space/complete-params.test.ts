/** Tests that a point of which some parameters are given is completed within the search space. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { completeParams } from '../../../src/core/search-space/complete-params.ts';
import type { Params, SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../../src/core/search-space/params.ts';
import { fromCube } from '../../../src/core/search-space/unit-cube.ts';
import { anyDistribution, spaceOf } from './arbitrary-space.ts';

const stream = (ordinal: number): Stream => new Stream(1, { purpose: PURPOSE.enqueued, ordinal });

const space: SearchSpace = {
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'rmsprop'] },
  momentum: { type: 'float', low: 0, high: 1, when: { optimizer: ['sgd', 'rmsprop'] } },
  nesterov: { type: 'categorical', choices: [true, false], when: { optimizer: ['sgd'] } },
};
const axes = axesOf(space);

describe('Search space: completed points', () => {
  it('are points of the space that have every given value', () => {
    fc.assert(
      fc.property(
        spaceOf(anyDistribution),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        fc.nat(1000),
        (any, units, kept, ordinal) => {
          const all = axesOf(any);
          const whole = toParams(
            all,
            fromCube(
              all,
              Float64Array.from(all, (_, i) => units[i]!),
            ),
          );
          const given = Object.fromEntries(Object.entries(whole).filter((_, i) => kept[i]));
          const completed = completeParams(all, given, stream(ordinal));
          expect(completed).toMatchObject(given);
          expect(encodeParams(all, completed).ok).toBe(true);
        },
      ),
    );
  });

  it('draw a parent among the values with which all given parameters are active', () => {
    const optimizers = (given: Params): Set<unknown> =>
      new Set(
        Array.from({ length: 100 }, (_, i) => completeParams(axes, given, stream(i))['optimizer']),
      );
    expect(optimizers({})).toEqual(new Set(['sgd', 'adam', 'rmsprop']));
    expect(optimizers({ momentum: 0.5 })).toEqual(new Set(['sgd', 'rmsprop']));
    expect(optimizers({ momentum: 0.5, nesterov: true })).toEqual(new Set(['sgd']));
  });

  it('keep values that are not in the space, so that they are refused', () => {
    const completed = completeParams(axes, { momentum: 7, unknown: 1 }, stream(0));
    const encoded = encodeParams(axes, completed);
    expect(encoded.ok ? [] : encoded.problems.map(({ path }) => path)).toEqual([
      'params.unknown',
      'params.momentum',
    ]);
  });
});
