import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  domainOf,
  floorOf,
  footLabel,
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

describe('Value scale', () => {
  it('is 0 at the worst value and 1 at the best, and has an inverse', () => {
    const values = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        values,
        values,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (kind, worst, best, unit) => {
          fc.pre(Math.abs(worst - best) > 1e-3);
          const scale = valueScale(kind, worst, best, 1e-7, 'value');
          expect(scale.unit(worst)).toBeCloseTo(0, 9);
          expect(scale.unit(best)).toBeCloseTo(1, 9);
          expect(scale.unit(scale.value(unit))).toBeCloseTo(unit, 6);
          const better = best + (best - worst) * 0.0005;
          expect(scale.unit(better)).toBeGreaterThan(1);
        },
      ),
    );
  });

  it('stays finite when all values are equal', () => {
    for (const kind of kinds)
      expect(valueScale(kind, 0.5, 0.5, 0.25, 'value').unit(0.5)).toBeCloseTo(0.5, 9);
    expect(valueScale('log-error', 1, 1, floorOf('log-error', [1]), 'value').unit(1)).toBeCloseTo(
      0.5,
      9,
    );
    expect(valueScale('log', 0, 0, floorOf('log', [0]), 'value').unit(0)).toBeCloseTo(0.5, 9);
    expect(valueScale('log', 1, 0.1, 0.05, 'value').unit(NaN)).toBeNaN();
  });

  it('has better values above where all values are equal, in either direction', () => {
    for (const kind of ['linear', 'log'] as const) {
      const rising = valueScale(kind, 0.5, 0.5, 0.25, 'value', 'maximize');
      const falling = valueScale(kind, 0.5, 0.5, 0.25, 'value', 'minimize');
      expect(rising.unit(0.9)).toBeGreaterThan(1);
      expect(falling.unit(0.3)).toBeGreaterThan(1);
      expect(falling.unit(0.9)).toBeLessThan(0);
    }
  });

  it('gives equal steps of error equal heights on the logarithmic error axis', () => {
    const scale = valueScale('log-error', 0.9, 0.999, 0.0005, 'value');
    expect(scale.unit(0.99) - scale.unit(0.9)).toBeCloseTo(scale.unit(0.999) - scale.unit(0.99), 9);
  });

  it('selects its kind by the measure', () => {
    expect(scaleKindFor('accuracy', 'maximize', 0.1)).toBe('log-error');
    expect(scaleKindFor('loss', 'minimize', 0.1)).toBe('log');
    expect(scaleKindFor('loss', 'minimize', 0)).toBe('log');
    expect(scaleKindFor('loss', 'minimize', -0.1)).toBe('linear');
    expect(scaleKindFor('value', 'maximize', 1)).toBe('linear');
  });
});

describe('Value axis: ticks', () => {
  it('labels round errors on a logarithmic error axis', () => {
    const ticks = valueTicks(valueScale('log-error', 0.945, 0.9841, 0.008, 'value'), 0.1, 0, 1.1);
    expect(ticks.map(({ label }) => label)).toEqual([
      '0.95',
      '0.96',
      '0.97',
      '0.975',
      '0.98',
      '0.985',
    ]);
  });

  it('places ticks within the axis, rising, and never closer than requested', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.double({ min: 1e-3, max: 0.999, noNaN: true }),
        fc.double({ min: 1e-3, max: 0.999, noNaN: true }),
        (kind, worst, best) => {
          fc.pre(Math.abs(worst - best) > 1e-4);
          const scale = valueScale(kind, worst, best, 1e-7, 'value');
          const units = valueTicks(scale, 0.1).map(({ value }) => scale.unit(value));
          for (const unit of units) expect(unit >= -1e-6 && unit <= 1 + 1e-6).toBe(true);
          if (kind === 'linear') return;
          for (let i = 1; i < units.length; i++) expect(units[i]).toBeGreaterThan(units[i - 1]!);
        },
      ),
    );
  });

  it('labels each tick with its value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -6, max: 4 }),
        fc.constantFrom(1, 2, 2.5, 5),
        fc.integer({ min: -40, max: 40 }),
        (power, lead, k) => {
          const step = Number(`${lead}e${power}`);
          for (const { value, label } of linearTicks(k * step, (k + 5) * step, step)) {
            expect(Number(label.replaceAll('−', '-'))).toBeCloseTo(value, 9 - power);
          }
        },
      ),
    );
  });

  it.each([
    [0.3, 0.5],
    [1, 1],
    [1.2, 2],
    [2.1, 2.5],
    [7, 10],
    [0, 1],
  ])('computes niceStep(%f) as %f', (atLeast, step) =>
    expect(niceStep(atLeast)).toBeCloseTo(step, 12),
  );

  it.each([
    [0.1, 1],
    [3, 4],
    [7, 8],
    [9, 10],
    [13, 20],
    [900, 1000],
  ])('computes niceCountStep(%f) as %i', (atLeast, step) =>
    expect(niceCountStep(atLeast)).toBe(step),
  );
});

describe('Value axis: an exact 1 or 0', () => {
  const labels = (
    kind: ScaleKind,
    values: readonly number[],
    direction: 'maximize' | 'minimize',
  ): readonly string[] => {
    const domain = domainOf(values, direction, kind, null);
    if (domain === null) throw new Error('no domain');
    const scale = valueScale(kind, domain.worst, domain.best, floorOf(kind, values), 'value');
    return valueTicks(scale, 0.1, 0, 1.1).map(({ label }) => label);
  };

  it('labels an accuracy of 1 as 1, and nothing beyond the best error', () => {
    const values = [0.9, 0.95, 0.97, 0.98, 0.99, 0.992, 1];
    expect(labels('log-error', values, 'maximize').at(-1)).toBe('1');
    for (const label of labels('log-error', values, 'maximize'))
      expect(label).toMatch(/^(1|0\.9\d{0,2})$/);
  });

  it('gives an accuracy of 1 one step of the axis instead of most of it', () => {
    const values = [0.9, 0.95, 0.97, 0.98, 0.99, 1];
    const scale = valueScale('log-error', 0.9, 1, floorOf('log-error', values), 'value');
    expect(scale.unit(0.99)).toBeGreaterThan(0.7);
    expect(scale.unit(0.99)).toBeLessThan(1);
  });

  it('labels equal accuracies of 1 with short numbers', () => {
    for (const label of labels('log-error', [1, 1, 1], 'maximize'))
      expect(label.length).toBeLessThanOrEqual(6);
    expect(labels('log-error', [1, 1, 1], 'maximize')).toContain('1');
  });

  it('labels a loss of 0 as 0 on the logarithmic axis', () => {
    expect(labels('log', [0.5, 0.2, 0.1, 0.01, 0], 'minimize').at(-1)).toBe('0');
  });

  it('labels an accuracy of 0 as 0', () => {
    expect(labels('log-error', [0, 0.2, 0.4], 'maximize')[0]).toBe('0');
  });
});

describe('Value axis: its limits', () => {
  it('leaves the better half of the values at least half of the axis', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.constantFrom('maximize' as const, 'minimize' as const),
        fc.array(fc.double({ min: 1e-3, max: 0.999, noNaN: true }), {
          minLength: 3,
          maxLength: 60,
        }),
        (kind, direction, values) => {
          fc.pre(kind !== 'log-error' || direction === 'maximize');
          const domain = domainOf(values, direction, kind, null);
          if (domain === null) throw new Error('no domain');
          fc.pre(domain.worst !== domain.best);
          const sorted = [...values].sort((a, b) => (direction === 'maximize' ? a - b : b - a));
          const scale = valueScale(kind, domain.worst, domain.best, floorOf(kind, values), 'value');
          const middle = scale.unit(sorted[sorted.length >> 1] ?? NaN);
          fc.pre(middle < 1);
          expect(middle).toBeLessThanOrEqual(0.5 + 1e-6);
        },
      ),
    );
  });

  it.each([
    ['at chance level', 0.1],
    ['halfway', 0.5],
    ['exactly 0', 0],
  ])(
    'gives the good trials at least two fifths of its height when 40 %% of the trials end %s',
    (_, failed) => {
      const good = Array.from({ length: 60 }, (__, i) => 0.95 + 0.0005 * i);
      const values = [...good, ...Array.from({ length: 40 }, (__, i) => failed + 0.0001 * i)];
      const domain = domainOf(values, 'maximize', 'log-error', 0.125);
      if (domain === null) throw new Error('no domain');
      const scale = valueScale(
        'log-error',
        domain.worst,
        domain.best,
        floorOf('log-error', values),
        'value',
      );
      expect(scale.unit(Math.max(...good)) - scale.unit(Math.min(...good))).toBeGreaterThan(0.4);
      expect(scale.unit(failed)).toBeLessThan(0);
    },
  );

  it('ignores three trials at chance level among twenty', () => {
    const good = Array.from({ length: 17 }, (_, i) => 0.9 + 0.004 * i);
    expect(domainOf([0.1, 0.11, 0.098, ...good], 'maximize', 'log-error', 0.125)).toEqual({
      worst: 0.9,
      best: 0.964,
    });
  });

  it('extends to the worst value when no value is far off, and does not exist without values', () => {
    expect(domainOf([3, 1, 2], 'maximize', 'linear', null)).toEqual({ worst: 1, best: 3 });
    expect(domainOf([3, 1, 2], 'minimize', 'linear', null)).toEqual({ worst: 3, best: 1 });
    expect(domainOf([], 'maximize', 'linear', null)).toBeNull();
    expect(domainOf([0.1, 0.1, 0.1], 'maximize', 'log-error', 0.125)).toEqual({
      worst: 0.1,
      best: 0.1,
    });
  });
});

describe('Value axis: accuracies', () => {
  it('labels accuracies in percent, at its foot too', () => {
    const scale = valueScale('log-error', 0.9123, 0.9841, 0.008, 'accuracy');
    expect(valueTicks(scale, 0.1, 0, 1.1).map(({ label }) => label)).toEqual([
      '93',
      '95',
      '96',
      '97',
      '97.5',
      '98',
      '98.5',
    ]);
    expect(footLabel(scale, scale.worst)).toBe('91.23');
    expect(
      valueTicks(valueScale('linear', 0.5, 1, 1, 'accuracy'), 0.25).map(({ label }) => label),
    ).toEqual(['60', '80', '100']);
  });
});

describe('Value colours', () => {
  const stops = ['#22a186', '#287f8d', '#375b8c', '#45327d', '#440154'];

  it('range from the first stop to the last and are clamped beyond', () => {
    const colours = valueColours(stops);
    expect([colours.at(-1), colours.at(0), colours.at(NaN)]).toEqual([
      '#22a186',
      '#22a186',
      '#22a186',
    ]);
    expect([colours.at(1), colours.at(7)]).toEqual(['#440154', '#440154']);
    expect(colours.shades).toHaveLength(SHADES);
    expect(colours.at(0.5)).not.toBe(colours.at(0.6));
  });

  it('determine the text colour for contrast', () => {
    expect(onColour('#440154')).toBe('#ffffff');
    expect(onColour('#fde725')).toBe('#08111f');
  });
});
