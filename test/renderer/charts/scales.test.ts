import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  domainOf,
  linearTicks,
  niceCountStep,
  niceStep,
  scaleKindFor,
  valueScale,
  valueTicks,
} from '../../../src/renderer/charts/scales.ts';
import type { ScaleKind } from '../../../src/renderer/charts/scales.ts';
import { SHADES, onColour, valueColours } from '../../../src/renderer/charts/value-colours.ts';

const kinds: readonly ScaleKind[] = ['log-error', 'log', 'linear'];

describe('a value scale', () => {
  it('is 0 at the worst and 1 at the best, up is better, and has an inverse', () => {
    const values = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), values, values, fc.double({ min: 0, max: 1, noNaN: true }), (kind, worst, best, unit) => {
        fc.pre(Math.abs(worst - best) > 1e-3);
        const scale = valueScale(kind, worst, best);
        expect(scale.unit(worst)).toBeCloseTo(0, 9);
        expect(scale.unit(best)).toBeCloseTo(1, 9);
        expect(scale.unit(scale.value(unit))).toBeCloseTo(unit, 6);
        const better = best + (best - worst) * 0.0005;
        expect(scale.unit(better)).toBeGreaterThan(1);
      }),
    );
  });

  it('stays finite where all values are equal, and at an accuracy of 1', () => {
    for (const kind of kinds) expect(valueScale(kind, 0.5, 0.5).unit(0.5)).toBeCloseTo(0.5, 9);
    expect(Number.isFinite(valueScale('log-error', 0.5, 1).unit(1))).toBe(true);
    expect(valueScale('log', 1, 0.1).unit(NaN)).toBeNaN();
  });

  it('gives equal steps of error equal heights on the log error axis', () => {
    const scale = valueScale('log-error', 0.9, 0.999);
    expect(scale.unit(0.99) - scale.unit(0.9)).toBeCloseTo(scale.unit(0.999) - scale.unit(0.99), 9);
  });

  it('is chosen by what is measured', () => {
    expect(scaleKindFor('accuracy', 'maximize', 0.1)).toBe('log-error');
    expect(scaleKindFor('loss', 'minimize', 0.1)).toBe('log');
    expect(scaleKindFor('loss', 'minimize', 0)).toBe('linear');
    expect(scaleKindFor('value', 'maximize', 1)).toBe('linear');
  });
});

describe('ticks', () => {
  it('of the pictured axis are the round errors', () => {
    const ticks = valueTicks(valueScale('log-error', 0.945, 0.9841), 0.1, 0, 1.1);
    expect(ticks.map(({ label }) => label)).toEqual(['0.95', '0.96', '0.97', '0.975', '0.98', '0.985']);
  });

  it('lie within the axis, rising, and never closer than asked', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.double({ min: 1e-3, max: 0.999, noNaN: true }),
        fc.double({ min: 1e-3, max: 0.999, noNaN: true }),
        (kind, worst, best) => {
          fc.pre(Math.abs(worst - best) > 1e-4);
          const scale = valueScale(kind, worst, best);
          const units = valueTicks(scale, 0.1).map(({ value }) => scale.unit(value));
          for (const unit of units) expect(unit >= -1e-6 && unit <= 1 + 1e-6).toBe(true);
          if (kind === 'linear') return;
          for (let i = 1; i < units.length; i++) expect(units[i]).toBeGreaterThan(units[i - 1]!);
        },
      ),
    );
  });

  it('say the value they stand at', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6, max: 4 }), fc.constantFrom(1, 2, 2.5, 5), fc.integer({ min: -40, max: 40 }), (power, lead, k) => {
        const step = Number(`${lead}e${power}`);
        for (const { value, label } of linearTicks(k * step, (k + 5) * step, step)) {
          expect(Number(label.replaceAll('−', '-'))).toBeCloseTo(value, 9 - power);
        }
      }),
    );
  });

  it.each([
    [0.3, 0.5],
    [1, 1],
    [1.2, 2],
    [2.1, 2.5],
    [7, 10],
    [0, 1],
  ])('niceStep(%f) is %f', (atLeast, step) => expect(niceStep(atLeast)).toBeCloseTo(step, 12));

  it.each([
    [0.1, 1],
    [3, 4],
    [7, 8],
    [9, 10],
    [13, 20],
    [900, 1000],
  ])('niceCountStep(%f) is %i', (atLeast, step) => expect(niceCountStep(atLeast)).toBe(step));
});

describe('the domain of values', () => {
  it('leaves out the worst tenth, in either direction', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    expect(domainOf(values, 'maximize')).toEqual({ worst: 10, best: 99 });
    expect(domainOf(values, 'minimize')).toEqual({ worst: 89, best: 0 });
    expect(domainOf([3, 1, 2], 'maximize')).toEqual({ worst: 1, best: 3 });
    expect(domainOf([], 'maximize')).toBeNull();
  });
});

describe('value colours', () => {
  const stops = ['#22a186', '#287f8d', '#375b8c', '#45327d', '#440154'];

  it('run from the first stop to the last and are clamped beyond', () => {
    const colours = valueColours(stops);
    expect([colours.at(-1), colours.at(0), colours.at(NaN)]).toEqual(['#22a186', '#22a186', '#22a186']);
    expect([colours.at(1), colours.at(7)]).toEqual(['#440154', '#440154']);
    expect(colours.shades).toHaveLength(SHADES);
    expect(colours.at(0.5)).not.toBe(colours.at(0.6));
  });

  it('say what text on them must be', () => {
    expect(onColour('#440154')).toBe('#ffffff');
    expect(onColour('#fde725')).toBe('#08111f');
  });
});
