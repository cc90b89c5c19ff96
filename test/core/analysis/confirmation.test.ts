import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confirmationOf, pairedP } from '../../../src/core/analysis/confirmation.ts';
import { tCritical, tTwoSided } from '../../../src/core/analysis/student-t.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';

describe('Student’s t distribution', () => {
  it.each([
    [1, 12.706204736],
    [2, 4.30265273],
    [4, 2.776445105],
    [9, 2.262157163],
    [30, 2.042272456],
    [1000, 1.962339081],
  ])('has at %d degrees of freedom the critical value ±%d of the tables', (freedom, t) => {
    expect(tCritical(0.05, freedom)).toBeCloseTo(t, 8);
    expect(tTwoSided(t, freedom)).toBeCloseTo(0.05, 9);
  });

  it('agrees with the closed forms for 1, 2 and 4 degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        const x = Math.abs(t);
        expect(tTwoSided(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(x), 12);
        expect(tTwoSided(t, 2)).toBeCloseTo(1 - x / Math.sqrt(2 + x * x), 12);
        const s = x / Math.sqrt(4 + x * x);
        expect(tTwoSided(t, 4)).toBeCloseTo(1 - 1.5 * s + 0.5 * s ** 3, 12);
      }),
    );
  });
});

describe('Confirmation', () => {
  it('has the mean and interval of each configuration, best first in either direction', () => {
    const configurations = [
      { trial: 42, values: [0.97, 0.98, 0.99] },
      { trial: 57, values: [0.98, 0.99, 1] },
    ];
    const { configurations: found } = confirmationOf(configurations, 'maximize');
    expect(found.map(({ trial }) => trial)).toEqual([57, 42]);
    // 0.99 ± 4.3027 · 0.01 / √3
    expect(found[0]!.mean).toBeCloseTo(0.99, 12);
    expect(found[0]!.interval!.low).toBeCloseTo(0.99 - 0.0248414, 6);
    expect(found[0]!.interval!.high).toBeCloseTo(0.99 + 0.0248414, 6);
    expect(
      confirmationOf(configurations, 'minimize').configurations.map(({ trial }) => trial),
    ).toEqual([42, 57]);
  });

  it('distinguishes the first two by paired seeds: a small consistent difference, not a large random one', () => {
    const steady = [
      { trial: 1, values: [0.5, 0.7, 0.9, 0.3, 0.6] },
      { trial: 2, values: [0.51, 0.71, 0.912, 0.311, 0.61] },
    ];
    expect(confirmationOf(steady, 'maximize')).toMatchObject({ toldApart: true });
    const chance = [
      { trial: 1, values: [0.5, 0.7, 0.9, 0.3, 0.6] },
      { trial: 2, values: [0.9, 0.5, 0.6, 0.7, 0.8] },
    ];
    const { p, toldApart } = confirmationOf(chance, 'maximize');
    expect(toldApart).toBe(false);
    expect(p).toBeGreaterThan(0.3);
  });

  it('lists unfinished configurations without a result, and diverged ones after all others', () => {
    const found = confirmationOf(
      [
        { trial: 3, values: [null, null] },
        { trial: 4, values: [0.99, NaN, 0.98] },
        { trial: 5, values: [0.9, null, null] },
      ],
      'maximize',
    );
    expect(found.configurations).toEqual([
      { trial: 5, count: 1, diverged: 0, mean: 0.9, interval: null },
      {
        trial: 4,
        count: 2,
        diverged: 1,
        mean: expect.closeTo(0.985, 12) as number,
        interval: expect.anything() as object,
      },
      { trial: 3, count: 0, diverged: 0, mean: null, interval: null },
    ]);
    expect([found.p, found.toldApart]).toEqual([null, null]);
    expect(confirmationOf([], 'maximize')).toEqual({
      configurations: [],
      p: null,
      toldApart: null,
    });
  });

  it('compares only seeds that both configurations have', () => {
    expect(pairedP([1, 2, null, 4], [0.5, null, 3, 3.4])).toBe(pairedP([1, 4], [0.5, 3.4]));
    expect(pairedP([1, null], [null, 2])).toBe(null);
  });

  it('has p = 1 for equal configurations and p = 0 for a difference without variance', () => {
    expect(pairedP([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(pairedP([1, 2, 3], [2, 3, 4])).toBe(0);
  });

  it('distinguishes equal configurations in 5 % of cases, and its interval contains the mean in 95 %', () => {
    let [apart, held] = [0, 0];
    const times = 2_000;
    for (let i = 0; i < times; i++) {
      const draws = new Stream(i, { purpose: PURPOSE.simulation, ordinal: 8 });
      const values = () => Array.from({ length: 5 }, () => draws.normal());
      const { configurations, p } = confirmationOf([{ trial: 0, values: values() }], 'maximize');
      expect(p).toBe(null);
      const { low, high } = configurations[0]!.interval!;
      held += Number(low <= 0 && 0 <= high);
      apart += Number(pairedP(values(), values())! < 0.05);
    }
    expect(apart / times).toBeGreaterThan(0.04);
    expect(apart / times).toBeLessThan(0.06);
    expect(held / times).toBeGreaterThan(0.94);
    expect(held / times).toBeLessThan(0.96);
  });
});
