import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import type { Proposal } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

const cube: SearchSpace = {
  a: { type: 'float', low: 0, high: 1 },
  b: { type: 'float', low: 0, high: 1 },
  c: { type: 'categorical', choices: [1, 2, 3] },
};

describe('Sampler generational', () => {
  it('waits at the start of each generation of four, and counts rounds', () => {
    const sampler = createSampler({ name: 'generational' }, cube, 'minimize', 1);
    expect([0, 1, 3, 4, 7, 8, 63].map((n) => sampler.barrier!(n))).toEqual([0, 0, 0, 4, 4, 8, 60]);
    const { proposals } = playStudy(sampler, cube, { trials: 64, workers: 2, seed: 1 });
    expect(proposals.map(({ origin }) => origin.generation)).toEqual(
      Array.from({ length: 64 }, (_, n) => Math.floor(n / 4)),
    );
    expect(
      proposals
        .slice(0, 4)
        .every(({ origin }) => origin.operator === 'uniform' && origin.parents.length === 0),
    ).toBe(true);
    expect(
      proposals
        .slice(4)
        .every(({ origin }) => origin.operator === 'mutation' && origin.parents.length === 1),
    ).toBe(true);
  });

  it('breeds from the best four trials so far; ties go to the smaller number', () => {
    const sampler = createSampler({ name: 'generational' }, cube, 'maximize', 5);
    const columns = new TrialColumns(cube, 'maximize', sampler.window);
    const values = [1, 9, 3, 9, 9, 2, 9, 9];
    for (const [number, value] of values.entries()) {
      const [proposal] = sampler.propose(
        number,
        1,
        columns.synchronousView(sampler.barrier!(number)),
      );
      columns.proposed(number, proposal!.params, columns.ended, proposal!.origin);
      columns.end(number, 'complete', 'succeeded', value);
    }
    const parents = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const again = createSampler({ name: 'generational' }, cube, 'maximize', seed);
      for (const { origin } of again.propose(8, 4, columns.synchronousView(8)))
        parents.add(origin.parents[0]!);
    }
    expect([...parents].sort()).toEqual([1, 3, 4, 6]);
  });

  /**
   * First children of a population with two members on each side of 0.5 and the standard deviation
   * `spread`.
   */
  const firstChildren = (spread: number): { moves: number[]; values: number[] } => {
    const line: SearchSpace = { x: { type: 'float', low: 0, high: 1 } };
    const [moves, values]: [number[], number[]] = [[], []];
    for (let seed = 0; seed < 500; seed++) {
      const sampler = createSampler({ name: 'generational' }, line, 'minimize', seed);
      const columns = new TrialColumns(line, 'minimize', sampler.window);
      for (const [number, x] of [
        0.5 - spread,
        0.5 + spread,
        0.5 - spread + 1e-9,
        0.5 + spread - 1e-9,
      ].entries()) {
        columns.proposed(number, Float64Array.of(x), 0, {
          operator: 'uniform',
          parents: [],
          generation: 0,
        });
        columns.end(number, 'complete', 'succeeded', 0);
      }
      const [child] = sampler.propose(4, 1, columns.synchronousView(4));
      values.push(child!.params[0]!);
      moves.push(child!.params[0]! - columns.params(child!.origin.parents[0]!)![0]!);
    }
    return { moves, values };
  };

  it.each([
    [0, 0.01],
    [0.01, 0.1],
  ])('moves a float of a population with std %d by σ = max(0.01, √std) = %d', (spread, sigma) => {
    const { moves } = firstChildren(spread);
    const found = Math.sqrt(moves.reduce((sum, move) => sum + move ** 2, 0) / moves.length);
    // Four standard errors of a standard deviation from 500 draws are 13 %.
    expect(Math.abs(found / sigma - 1)).toBeLessThan(0.13);
  });

  it('clips at the bounds', () => {
    const { values } = firstChildren(0.45);
    // From 0.05 with σ = √0.45 about half lands beyond the bounds; points already there are not
    // repeated.
    const atBounds = values.filter((x) => x === 0 || x === 1).length / values.length;
    expect(atBounds).toBeGreaterThan(0.15);
    expect(atBounds).toBeLessThan(0.6);
  });

  it('mutates each parameter with probability 0.2, a choice by a uniform draw', () => {
    const wide: SearchSpace = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`x${i}`, { type: 'float', low: 0, high: 1 } as const]),
    );
    let changed = 0;
    let genes = 0;
    const children: Proposal[] = [];
    for (let seed = 0; seed < 100; seed++) {
      const sampler = createSampler({ name: 'generational' }, wide, 'minimize', seed);
      const { proposals } = playStudy(sampler, wide, { trials: 8, workers: 1, seed });
      for (const child of proposals.slice(4)) {
        const parent = proposals[child.origin.parents[0]!]!;
        children.push(child);
        changed += child.params.filter((x, i) => x !== parent.params[i]).length;
        genes += 10;
      }
    }
    expect(children).toHaveLength(400);
    // Unchanged children are discarded: 0.2 / (1 − 0.8¹⁰) = 0.224; four standard errors are 0.026.
    expect(Math.abs(changed / genes - 0.224)).toBeLessThan(0.026);
  });

  it('ends on a finite space that is exhausted around its population, after using all of it', () => {
    const small: SearchSpace = {
      a: { type: 'int', low: 1, high: 3 },
      b: { type: 'categorical', choices: ['x', 'y'] },
    };
    const { proposals } = playStudy(
      createSampler({ name: 'generational' }, small, 'minimize', 2),
      small,
      {
        trials: 50,
        workers: 4,
        seed: 1,
      },
    );
    expect(new Set(proposals.map(({ params }) => params.join())).size).toBe(6);
    expect(proposals).toHaveLength(6);
  });
});
