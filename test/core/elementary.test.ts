import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { cosPi, erf, exp, log, normalQuantile, power } from '../../src/core/elementary.ts';

const relative = (found: number, expected: number): number =>
  Math.abs(found - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE);

describe('Elementary functions: log and exp', () => {
  it('agree with the engine within 2 ulp, over all magnitudes', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(
          4.5e-16 * Math.max(1, Math.abs(Math.log(x))),
        );
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
        expect(relative(exp(x), Math.exp(x))).toBeLessThanOrEqual(4.5e-16);
      }),
    );
  });

  it('handle zero, infinity and the range limits', () => {
    expect([log(0), log(-1), log(Infinity), log(1), log(NaN)]).toEqual([
      -Infinity,
      NaN,
      Infinity,
      0,
      NaN,
    ]);
    expect([exp(710), exp(-746), exp(0), exp(NaN), exp(Infinity), exp(-Infinity)]).toEqual([
      Infinity,
      0,
      1,
      NaN,
      Infinity,
      0,
    ]);
    expect(exp(-745)).toBe(5e-324);
  });
});

describe('Elementary functions: cosPi', () => {
  it('agrees with the engine within 1 ulp of 1, and is exact at halves', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (u) => {
        expect(Math.abs(cosPi(u) - Math.cos(Math.PI * u))).toBeLessThanOrEqual(
          Math.abs(u) < 1 ? 2.3e-16 : 4e-15,
        );
      }),
    );
    expect([0, 0.5, 1, 1.5, 2, -1].map((u) => cosPi(u) + 0)).toEqual([1, 0, -1, 0, 1, -1]);
    expect(cosPi(Infinity)).toBeNaN();
  });
});

describe('Elementary functions: power', () => {
  it('agrees with the engine within n ulp', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1.1, noNaN: true }),
        fc.integer({ min: 0, max: 1000 }),
        (base, n) => {
          expect(Math.abs(power(base, n) - Math.pow(base, n))).toBeLessThanOrEqual(
            2.3e-16 * (n + 1) * Math.pow(base, n) + 5e-324,
          );
        },
      ),
    );
    expect([power(0, 0), power(0, 3), power(2, 10), power(0.999, 1e6)]).toEqual([1, 0, 1024, 0]);
  });
});

describe('Elementary functions: normalQuantile', () => {
  // R's qnorm, 17 digits
  it.each([
    [0.5, 0],
    [0.25, -0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.001, -3.0902323061678132],
    [1e-20, -9.262340089798419],
    [0.9999999, 5.1993375821928174],
  ])('of %d is %d', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(
      1e-14 * Math.max(1, Math.abs(z)) + (p > 0.999 ? 1e-9 : 0),
    );
  });

  it('is odd about one half', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (k) => {
        const p = k * 2 ** -32;
        expect(relative(normalQuantile(1 - p), -normalQuantile(p))).toBeLessThan(1e-12);
      }),
    );
  });
});

describe('Elementary functions: erf', () => {
  it('agrees with the C library, is odd, and is ±1 at the ends', () => {
    const table: [number, number][] = [
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [0.9, 0.7969082124228321],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [5, 0.9999999999984626],
    ];
    for (const [x, y] of table) {
      expect(relative(erf(x), y), String(x)).toBeLessThanOrEqual(4.5e-16);
      expect(erf(-x)).toBe(-erf(x));
    }
    expect([erf(0), erf(6), erf(-Infinity), erf(NaN)]).toEqual([0, 1, -1, NaN]);
  });
});
