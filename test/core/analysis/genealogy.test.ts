import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childrenOf, genealogyOf } from '../../../src/core/analysis/genealogy.ts';
import type { Family } from '../../../src/core/analysis/genealogy.ts';

function family(parents: Readonly<Record<number, readonly number[]>>, size = 60): Family {
  return { size, parents: (number) => parents[number] ?? [] };
}

/** Random families: every trial but the first few has one or two parents with smaller numbers. */
const families = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 60 })
  .map((draws) =>
    draws.map(([a, b, both], number) =>
      number < 3 ? [] : both ? [...new Set([a % number, b % number])] : [a % number],
    ),
  );

function ancestorsOf(parents: readonly (readonly number[])[], number: number): Set<number> {
  const found = new Set<number>();
  const visit = (child: number): void => {
    if (found.has(child)) return;
    found.add(child);
    parents[child]!.forEach(visit);
  };
  visit(number);
  return found;
}

describe('Genealogy: ancestors', () => {
  it('places each trial in the layer of its longest path to the trial, back to the founders', () => {
    const { layers, links, complete, size } = genealogyOf(
      family({ 19: [12, 13], 26: [19], 36: [26, 15], 57: [36, 15] }),
      57,
    );
    expect(layers.map((layer) => [...layer].sort((a, b) => a - b))).toEqual([
      [57],
      [36],
      [15, 26],
      [19],
      [12, 13],
    ]);
    expect(links).toEqual([
      { parent: 36, child: 57 },
      { parent: 15, child: 57 },
      { parent: 26, child: 36 },
      { parent: 15, child: 36 },
      { parent: 19, child: 26 },
      { parent: 12, child: 19 },
      { parent: 13, child: 19 },
    ]);
    expect([complete, size]).toEqual([true, 7]);
  });

  it('contains only the trial itself for a founder', () => {
    expect(genealogyOf(family({}), 4)).toEqual({
      layers: [[4]],
      links: [],
      size: 1,
      complete: true,
    });
  });

  it('draws two separate lines side by side without crossings', () => {
    const { layers } = genealogyOf(family({ 10: [8, 9], 8: [7], 9: [2], 7: [6], 2: [1] }), 10);
    expect(layers).toEqual([[10], [8, 9], [7, 2], [6, 1]]);
  });

  it('omits the oldest trials and their links over the limit, and reports it', () => {
    const line = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i + 1, [i]]));
    const { layers, links, complete } = genealogyOf(family(line), 50, 4);
    expect(layers.flat()).toEqual([50, 49, 48, 47, 46]);
    expect(links).toHaveLength(4);
    expect(complete).toBe(false);
  });

  it('contains every ancestor and link once, with every link to a nearer layer (any family)', () => {
    fc.assert(
      fc.property(families, (parents) => {
        const number = parents.length - 1;
        const { layers, links, complete, size } = genealogyOf(
          { size: parents.length, parents: (of) => parents[of]! },
          number,
        );
        const all = layers.flat();
        expect(new Set(all)).toEqual(ancestorsOf(parents, number));
        expect([all.length, complete]).toEqual([size, true]);
        expect(links).toHaveLength(all.reduce((sum, one) => sum + parents[one]!.length, 0));
        const depth = new Map(layers.flatMap((layer, i) => layer.map((one) => [one, i] as const)));
        for (const { parent, child } of links)
          expect(depth.get(parent)!).toBeGreaterThan(depth.get(child)!);
        // Longest path: some trial in the previous layer is a child.
        for (const one of all.slice(1))
          expect(
            links.some(
              ({ parent, child }) => parent === one && depth.get(child) === depth.get(one)! - 1,
            ),
          ).toBe(true);
      }),
    );
  });
});

describe('Genealogy: children', () => {
  it('is the inverse of the parents (any family)', () => {
    fc.assert(
      fc.property(families, (parents) => {
        const all = { size: parents.length, parents: (number: number) => parents[number]! };
        for (const number of parents.keys())
          expect(childrenOf(all, number)).toEqual(
            [...parents.keys()].filter((child) => parents[child]!.includes(number)),
          );
      }),
      { numRuns: 30 },
    );
  });
});
