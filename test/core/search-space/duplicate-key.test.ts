import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { hashKey, keyText, sameKey } from '../../../src/core/search-space/duplicate-key.ts';
import { fromCube } from '../../../src/core/search-space/unit-cube.ts';
import { anyDistribution, finiteDistribution, spaceOf } from './arbitrary-space.ts';

const units = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
const hashOf = (
  axes: ReturnType<typeof axesOf>,
  point: Float64Array,
): { first: number; second: number } => hashKey(axes, point, { first: 0, second: 0 });

describe('Search space: duplicate keys', () => {
  it('agree between text, hash and comparison', () => {
    fc.assert(
      fc.property(
        spaceOf(fc.oneof(anyDistribution, finiteDistribution), 3),
        units,
        units,
        (space, u, v) => {
          const axes = axesOf(space);
          const a = fromCube(
            axes,
            Float64Array.from(axes, (_, i) => u[i]!),
          );
          const b = fromCube(
            axes,
            Float64Array.from(axes, (_, i) => v[i]!),
          );
          const same = keyText(axes, a) === keyText(axes, b);
          expect(sameKey(axes, a, b)).toBe(same);
          expect(JSON.stringify(hashOf(axes, a)) === JSON.stringify(hashOf(axes, b))).toBe(same);
        },
      ),
    );
  });

  it('ignore differences that rounding to steps removes, and the sign of zero', () => {
    const axes = axesOf({
      s: { type: 'float', low: 0, high: 1, step: 0.1 },
      f: { type: 'float', low: -1, high: 1 },
    });
    const [a, b] = [Float64Array.of(0.3, 0), Float64Array.of(0.1 + 0.2, -0)];
    expect(sameKey(axes, a, b)).toBe(true);
    expect(hashOf(axes, a)).toEqual(hashOf(axes, b));
  });

  it('ignore the NaN bits of inactive parameters but not inactivity', () => {
    const axes = axesOf({ f: { type: 'float', low: -1, high: 1 } });
    const odd = new Float64Array(1);
    new Uint32Array(odd.buffer)[1] = 0xfff80001;
    expect(hashOf(axes, odd)).toEqual(hashOf(axes, Float64Array.of(NaN)));
    expect(sameKey(axes, odd, Float64Array.of(0))).toBe(false);
  });

  it('are spread: of 200,000 neighbouring points no two share 64 bits, and few share either half', () => {
    const axes = axesOf({
      a: { type: 'int', low: 0, high: 999 },
      b: { type: 'float', low: 0, high: 1000 },
    });
    const [first, second, both] = [new Set<number>(), new Set<number>(), new Set<string>()];
    for (let i = 0; i < 200_000; i++) {
      const hash = hashOf(axes, Float64Array.of(i % 1000, Math.floor(i / 1000)));
      first.add(hash.first);
      second.add(hash.second);
      both.add(`${hash.first} ${hash.second}`);
    }
    expect(both.size).toBe(200_000);
    // 200,000² / 2 / 2³² = 4.7 expected; 20 or more has a chance below 10⁻⁶.
    expect(200_000 - first.size).toBeLessThan(20);
    expect(200_000 - second.size).toBeLessThan(20);
  });
});
