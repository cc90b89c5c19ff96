/** Tests the geometry of charts: staircase, beeswarm, picking, labels and density. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beeswarm } from '../../../src/renderer/charts/beeswarm.ts';
import { Density } from '../../../src/renderer/charts/density.ts';
import { GridIndex } from '../../../src/renderer/charts/grid-index.ts';
import { placeLabels } from '../../../src/renderer/charts/labels.ts';
import { namedShapes } from '../../../src/renderer/charts/mark-legend.ts';
import { shapeOf } from '../../../src/renderer/charts/marks.ts';
import { Staircase } from '../../../src/renderer/charts/staircase.ts';
import { SvgPen } from '../../../src/renderer/charts/svg-pen.ts';

describe('Charts: staircase', () => {
  it('is the running best by key, in whatever order trials end', () => {
    const points = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 20 })),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        points,
        fc.constantFrom('maximize' as const, 'minimize' as const),
        (all, direction) => {
          const stairs = new Staircase(direction);
          for (const [trial, [key, value]] of all.entries()) stairs.add(key, value, trial);
          const better = (a: number, b: number): number =>
            direction === 'maximize' ? Math.max(a, b) : Math.min(a, b);
          for (let key = 0; key <= 30; key++) {
            const until = all.filter(([at]) => at <= key).map(([, value]) => value);
            const step = stairs.steps.filter((other) => other.key <= key).at(-1);
            expect(step?.value).toBe(until.length === 0 ? undefined : until.reduce(better));
          }
          for (const [i, step] of stairs.steps.entries()) {
            const before = stairs.steps[i - 1];
            if (before !== undefined)
              expect(step.key > before.key && step.value !== before.value).toBe(true);
          }
        },
      ),
    );
  });
});

describe('Charts: beeswarm', () => {
  it('overlaps no marks while there is space', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 24 }), (ys) => {
        const xs = beeswarm(ys, 13, 1000);
        for (const [i, y] of ys.entries()) {
          for (const [j, other] of ys.entries()) {
            if (i < j && Math.abs(y - other) < 13)
              expect(Math.abs(xs[i]! - xs[j]!)).toBeGreaterThanOrEqual(13);
          }
        }
      }),
    );
  });

  it('stays within its column', () => {
    expect(
      Math.max(...beeswarm(new Array<number>(50).fill(1), 13, 40).map(Math.abs)),
    ).toBeLessThanOrEqual(40);
  });
});

describe('Charts: picking', () => {
  it('finds the nearest mark within reach', () => {
    const points = fc.array(
      fc.tuple(fc.integer({ min: -20, max: 200 }), fc.integer({ min: -20, max: 200 })),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(
        points,
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 200 }),
        (all, x, y) => {
          const index = new GridIndex(16);
          for (const [mark, [px, py]] of all.entries()) index.put(mark, 0, 0 * (px + py));
          for (const [mark, [px, py]] of all.entries()) index.put(mark, px, py);
          const distances = all.map(([px, py]) => Math.hypot(px - x, py - y));
          const least = Math.min(...distances);
          const found = index.nearest(x, y, 12);
          if (least >= 12) expect(found).toBeNull();
          else expect(distances[found ?? -1]).toBeCloseTo(least, 9);
        },
      ),
    );
  });

  it('does not find marks that were removed or have no position', () => {
    const index = new GridIndex();
    index.put(1, 5, 5);
    index.put(2, 6, 5);
    index.remove(1);
    index.put(2, NaN, 5);
    expect([index.nearest(5, 5), index.size]).toEqual([null, 0]);
  });
});

describe('Charts: labels', () => {
  it('moves labels, then drops them, and never overlaps them', () => {
    const spot = fc.record({
      x: fc.integer({ min: 20, max: 180 }),
      y: fc.integer({ min: 20, max: 180 }),
    });
    fc.assert(
      fc.property(fc.array(spot, { maxLength: 30 }), (spots) => {
        const placed = placeLabels(
          spots.map((at, i) => ({ text: String(i), ...at })),
          [],
          () => 14,
          { left: 0, top: 0, right: 200, bottom: 200 },
        );
        for (const [i, a] of placed.entries()) {
          for (const b of placed.slice(i + 1))
            expect(Math.abs(a.atX - b.atX) < 14 && Math.abs(a.atY - b.atY) < 12).toBe(false);
        }
      }),
    );
  });
});

describe('Charts: density', () => {
  it('counts marks by cell and draws each cell once', () => {
    const density = new Density(30, 9);
    density.add(0, 0);
    density.add(2.9, 2.9);
    density.add(3, 0);
    density.add(100, 0);
    expect([density.count(0, 0), density.count(1, 0), density.count(2, 0)]).toEqual([2, 1, 0]);
    const pen = new SvgPen('test');
    density.draw(pen, 10, 20, '#000');
    expect(pen.content.match(/M10 20h3/g)).toHaveLength(1);
    expect(pen.content.match(/M13 20h3/g)).toHaveLength(1);
  });

  it('subtracts marks that were removed', () => {
    const density = new Density(30, 9);
    density.add(0, 0);
    density.add(0, 0, -1);
    expect(density.count(0, 0)).toBe(0);
  });
});

describe('Charts: marks', () => {
  it.each([
    ['latin-hypercube', 'circle'],
    ['uniform', 'circle'],
    ['grid', 'circle'],
    ['mutation', 'square'],
    ['crossover', 'diamond'],
    ['crossover+mutation', 'diamond'],
    ['manual', 'triangle'],
  ])('draws %s as %s', (operator, shape) => expect(shapeOf(operator)).toBe(shape));

  it('names the operators of the last shape while there are at most two', () => {
    const labels = (operators: string[]): string[] =>
      namedShapes(operators).map(({ label }) => label);
    expect(labels(['uniform', 'neighbour', 'crossover', 'local-search'])).toEqual([
      'founder',
      'crossover',
      'neighbour, local search',
    ]);
    expect(labels(['neighbour', 'local-search', 'enqueued'])).toEqual(['other']);
    expect(labels(['latin-hypercube', 'continue', 'copy'])).toEqual([
      'founder',
      'copy',
      'continuation',
    ]);
  });

  it('escapes text in SVG', () => {
    const pen = new SvgPen('test');
    pen.text(0, 0, '<script>&"', { colour: '#000', size: 11 });
    expect(pen.content).toContain('&lt;script&gt;&amp;&quot;');
  });
});
