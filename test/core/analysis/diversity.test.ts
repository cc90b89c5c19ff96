import { describe, expect, it } from 'vitest';
import { diversityLevel, diversityOf } from '../../../src/core/analysis/diversity.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';

const axes = axesOf({
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  units: { type: 'int', low: 1, high: 100 },
  activation: { type: 'categorical', choices: ['relu', 'tanh', 'silu'] },
  slope: { type: 'float', low: 0, high: 1, when: { activation: ['silu'] } },
  fixed: { type: 'int', low: 3, high: 3 },
});

describe('Diversity of a population', () => {
  it('is about 1 for random points of the space', () => {
    const members = Array.from({ length: 200 }, (_, i) =>
      uniformPoint(axes, new Stream(1, { purpose: PURPOSE.simulation, trial: i + 1, ordinal: 9 })),
    );
    expect(diversityOf(axes, members)).toBeGreaterThan(0.9);
    expect(diversityOf(axes, members)).toBeLessThanOrEqual(1);
  });

  it('is 0 for copies, and low for members that differ slightly in one parameter', () => {
    const copies = Array.from({ length: 5 }, () => Float64Array.of(0.01, 20, 1, NaN, 3));
    expect(diversityOf(axes, copies)).toBe(0);
    const near = copies.map((copy, i) => copy.with(1, 20 + i));
    expect(diversityOf(axes, near)).toBeGreaterThan(0);
    expect(diversityLevel(diversityOf(axes, near) ?? 1)).toBe('low');
  });

  it('measures logarithmic parameters on their own scale', () => {
    const [rate] = axes;
    if (rate === undefined) throw new Error('no parameter');
    const decades = [1e-4, 1e-3, 1e-2, 1e-1, 1].map((value) => Float64Array.of(value));
    expect(diversityOf([rate], decades)).toBe(1);
  });

  it('uses the probability that two members differ in a choice', () => {
    const activation = axes.filter(({ name }) => name === 'activation');
    const members = [0, 0, 1].map((choice) => Float64Array.of(0.01, 20, choice, NaN, 3));
    expect(diversityOf(activation, members)).toBeCloseTo(1, 12);
    const [first, second] = [members[0], members[1]];
    if (first === undefined || second === undefined) throw new Error('no members');
    expect(diversityOf(activation, [first, second])).toBe(0);
  });

  it('is unknown for one member, and ignores parameters that only one member has', () => {
    expect(diversityOf(axes, [Float64Array.of(0.01, 20, 2, 0.5, 3)])).toBeNull();
    const two = [Float64Array.of(0.01, 20, 2, 0.5, 3), Float64Array.of(0.01, 20, 2, NaN, 3)];
    expect(diversityOf(axes, two)).toBe(0);
  });
});
