import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { cellOfValue, axesOf } from '../../../src/core/search-space/axis.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

const space: SearchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  n: { type: 'int', low: 1, high: 12 },
  c: { type: 'categorical', choices: ['a', 'b', 'c'] },
};

describe('Sampler evolution', () => {
  it('starts with a Latin hypercube: each twelfth of every range has one of the first twelve', () => {
    const sampler = createSampler({ name: 'evolution' }, space, 'minimize', 3);
    const founders = sampler.propose(
      0,
      12,
      new TrialColumns(space, 'minimize', sampler.window).asynchronousView(0),
    );
    expect(founders.map(({ params }) => Math.floor(params[0]! * 12)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => i),
    );
    expect(founders.map(({ params }) => params[1]!).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    for (const choice of [0, 1, 2])
      expect(founders.filter(({ params }) => params[2] === choice)).toHaveLength(4);
  });

  it('selects parents only from the best five that have ended', () => {
    const sampler = createSampler({ name: 'evolution' }, space, 'minimize', 3);
    const { columns, proposals } = playStudy(sampler, space, { trials: 64, workers: 1, seed: 1 });
    for (const [number, { origin }] of proposals.entries()) {
      const best = columns.asynchronousView(columns.historyLength(number)).best(5);
      expect(origin.parents.every((parent) => best.includes(parent))).toBe(true);
      expect(origin.generation).toBe(
        origin.parents.length === 0
          ? 0
          : 1 + Math.max(...origin.parents.map((parent) => columns.generation(parent))),
      );
    }
  });

  it('changes one parameter of a mutated child and none of a recombined one', () => {
    const axes = axesOf(space);
    let operators = '';
    for (let seed = 0; seed < 20; seed++) {
      const { proposals } = playStudy(
        createSampler({ name: 'evolution' }, space, 'minimize', seed),
        space,
        {
          trials: 30,
          workers: 1,
          seed,
        },
      );
      for (const { params, origin } of proposals.slice(12)) {
        operators += `${origin.operator} `;
        const parents = origin.parents.map((parent) => proposals[parent]!.params);
        const foreign = axes.filter(({ index }) =>
          parents.every((parent) => parent[index] !== params[index]),
        );
        if (origin.operator === 'crossover') expect(foreign).toHaveLength(0);
        else expect(foreign.length).toBeLessThanOrEqual(1);
        if (origin.operator === 'mutation') {
          expect(foreign).toHaveLength(1);
          const [axis] = foreign;
          if (axis?.kind === 'ordinal')
            expect(cellOfValue(axis, params[axis.index]!)).not.toBe(
              cellOfValue(axis, parents[0]![axis.index]!),
            );
        }
      }
    }
    for (const operator of ['mutation', 'crossover', 'crossover+mutation'])
      expect(operators).toContain(`${operator} `);
  });

  it('never breeds from a failed trial, and draws uniformly while all have failed', () => {
    const sampler = createSampler({ name: 'evolution', initial: 1 }, space, 'maximize', 3);
    const columns = new TrialColumns(space, 'maximize', sampler.window);
    for (let number = 0; number < 30; number++) {
      const [proposal] = sampler.propose(number, 1, columns.asynchronousView(columns.ended));
      if (number <= 10) expect(proposal!.origin.parents).toEqual([]);
      else expect(proposal!.origin.parents).toEqual([10]);
      columns.proposed(number, proposal!.params, columns.ended, proposal!.origin);
      if (number === 10) columns.end(number, 'complete', 'succeeded', -5);
      else columns.end(number, 'failed', 'crashed', 7);
    }
  });

  it('finds better points than random draws', () => {
    const cube: SearchSpace = Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [`x${i}`, { type: 'float', low: -5, high: 5 } as const]),
    );
    const mean = (name: string): number => {
      let sum = 0;
      for (let seed = 0; seed < 10; seed++) {
        const { columns } = playStudy(createSampler({ name }, cube, 'minimize', seed), cube, {
          trials: 64,
          workers: 4,
          seed,
        });
        sum += columns.value(columns.best(1)[0]!) / 10;
      }
      return sum;
    };
    expect(mean('evolution')).toBeLessThan(0.7 * mean('random'));
  });

  it('proposes for a large study without reading all of it', () => {
    const sampler = createSampler({ name: 'evolution' }, space, 'minimize', 3);
    expect(sampler.window).toEqual({ kind: 'best', count: 5 });
  });
});
