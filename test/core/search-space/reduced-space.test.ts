/** Tests the search space that is left after an edit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { Params, SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../../src/core/search-space/params.ts';
import { limitedSpace, ReducedSpace } from '../../../src/core/search-space/reduced-space.ts';
import { anyDistribution, spaceOf } from './arbitrary-space.ts';

const space: SearchSpace = {
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lion'] },
  rate: { type: 'float', low: 0.01, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.9, when: { optimizer: ['sgd'] } },
  nesterov: { type: 'categorical', choices: [true, false], when: { optimizer: ['sgd', 'lion'] } },
  warmup: { type: 'int', low: 1, high: 9, when: { nesterov: [true] } },
};

const draw = (of: SearchSpace, trial: number): Float64Array =>
  uniformPoint(axesOf(of), new Stream(3, { purpose: PURPOSE.params, trial }));

function encoded(params: Params): Float64Array {
  const result = encodeParams(axesOf(space), params);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.params;
}

describe('Reduced search space', () => {
  it('is the whole space where nothing is limited', () => {
    fc.assert(
      fc.property(spaceOf(anyDistribution), (whole) => {
        const reduced = new ReducedSpace(whole);
        for (let trial = 0; trial < 10; trial++) {
          const point = draw(whole, trial);
          expect(reduced.inside(point)).toEqual(point);
          expect(reduced.whole(point)).toEqual(point);
        }
      }),
    );
  });

  it('drops fixed parameters and those that can no longer be active', () => {
    const reduced = new ReducedSpace(space, { optimizer: ['adam'] });
    expect(Object.keys(reduced.space)).toEqual(['rate']);
    expect(toParams(axesOf(space), reduced.whole(Float64Array.of(0.5)))).toEqual({
      optimizer: 'adam',
      rate: 0.5,
    });
  });

  it('passes the condition of a fixed parameter on to its children', () => {
    const { space: left } = new ReducedSpace(space, { nesterov: [true] });
    expect(left['warmup']).toMatchObject({ when: { optimizer: ['sgd', 'lion'] } });
    const both = new ReducedSpace(space, { nesterov: [true], optimizer: ['sgd', 'adam'] });
    expect(both.space['warmup']).toMatchObject({ when: { optimizer: ['sgd'] } });
    expect(new ReducedSpace(space, { nesterov: [false] }).space).not.toHaveProperty('warmup');
  });

  it('makes legal points of the whole space, with the limited values', () => {
    const only = { optimizer: ['lion', 'sgd'], momentum: [0.5] };
    const reduced = new ReducedSpace(space, only);
    const axes = axesOf(limitedSpace(space, only));
    for (let trial = 0; trial < 200; trial++) {
      const inner = draw(reduced.space, trial);
      const whole = reduced.whole(inner);
      expect(reduced.inside(whole)).toEqual(inner);
      const params = toParams(axesOf(space), whole);
      expect(encodeParams(axesOf(space), params).ok).toBe(true);
      expect(encodeParams(axes, params).ok).toBe(true);
      expect(params['momentum']).toBe(params['optimizer'] === 'sgd' ? 0.5 : undefined);
    }
  });

  it('takes points whatever their value of a fixed parameter, but not outside a range', () => {
    const narrow: SearchSpace = { ...space, rate: { type: 'float', low: 0.1, high: 1, log: true } };
    const fixed = new ReducedSpace(narrow, { optimizer: ['adam'] });
    const sgd = { optimizer: 'sgd', momentum: 0.5, nesterov: false };
    expect(fixed.inside(encoded({ ...sgd, rate: 0.2 }))).toEqual(Float64Array.of(0.2));
    expect(fixed.inside(encoded({ ...sgd, rate: 0.05 }))).toBeNull();
    const fewer = new ReducedSpace(narrow, { optimizer: ['adam', 'lion'] });
    expect(fewer.inside(encoded({ ...sgd, rate: 0.2 }))).toBeNull();
    expect(fewer.inside(encoded({ optimizer: 'adam', rate: 0.2 }))?.[0]).toBe(0);
  });

  it('refuses points that lack a parameter which is now always searched', () => {
    const fixed = new ReducedSpace(space, { optimizer: ['lion'] });
    expect(Object.keys(fixed.space)).toEqual(['rate', 'nesterov', 'warmup']);
    expect(fixed.inside(encoded({ optimizer: 'adam', rate: 0.2 }))).toBeNull();
  });
});
