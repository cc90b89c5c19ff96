/** Contract of every sampler. `test/core/samplers/` runs it for each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler, samplerCost } from '../../src/core/samplers/create-sampler.ts';
import type { Proposal, Sampler, SamplerSpec } from '../../src/core/samplers/sampler.ts';
import { isActive } from '../../src/core/search-space/activity.ts';
import { axesOf } from '../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../src/core/search-space/params.ts';
import { TrialColumns } from '../../src/core/study/trial-columns.ts';
import {
  finiteDistribution,
  anyDistribution,
  spaceOf,
} from '../core/search-space/arbitrary-space.ts';
import { size } from '../support/effort.ts';
import { barrierMet, playStudy, valueOf, viewFor } from '../support/play-study.ts';

/** @param spec sampler that is valid on every space */
export function describeSampler(spec: SamplerSpec): void {
  const create = (space: SearchSpace, seed: number): Sampler =>
    createSampler(spec, space, 'minimize', seed);
  const seeds = fc.integer({ min: 0, max: 2 ** 53 - 1 });
  // A sampler that is asked in a thread takes milliseconds a proposal.
  const runs = (all: number): number => size(samplerCost(spec) === 'thread' ? all / 5 : all, all);
  const points = (proposals: readonly Proposal[]): unknown[] =>
    proposals.map(({ params, origin }) => [[...params], origin]);

  describe(`Sampler ${spec.name}: contract`, () => {
    it('proposes legal points: in bounds, on steps, NaN exactly for inactive parameters', () => {
      fc.assert(
        fc.property(spaceOf(anyDistribution), seeds, (space, seed) => {
          const axes = axesOf(space);
          for (const { params } of playStudy(create(space, seed), space, {
            trials: 24,
            workers: 3,
            seed,
          }).proposals) {
            for (const axis of axes)
              expect(Number.isNaN(params[axis.index])).toBe(!isActive(axis, params));
            expect(encodeParams(axes, toParams(axes, params))).toEqual({ ok: true, params });
          }
        }),
        { numRuns: runs(40) },
      );
    });

    const { repeats } = create({ x: { type: 'int', low: 0, high: 1 } }, 0);
    if (!repeats) {
      it('proposes no point twice', () => {
        fc.assert(
          fc.property(
            spaceOf(fc.oneof(anyDistribution, finiteDistribution), 3),
            seeds,
            (space, seed) => {
              const texts = playStudy(create(space, seed), space, {
                trials: 48,
                workers: 4,
                seed,
              }).proposals.map(({ params }) => params.map((x) => x + 0).join());
              expect(new Set(texts).size).toBe(texts.length);
            },
          ),
          { numRuns: runs(40) },
        );
      });

      it('ends on a finite space, after every point if there are at most 10,000', () => {
        const space: SearchSpace = {
          a: { type: 'categorical', choices: ['x', 'y'] },
          b: { type: 'int', low: 1, high: 5, when: { a: ['x'] } },
          c: { type: 'float', low: 0, high: 0.4, step: 0.1 },
        };
        expect(
          playStudy(create(space, 11), space, { trials: 100, workers: 4, seed: 3 }).proposals,
        ).toHaveLength(30);
      });
    }

    it('proposes the same list for the same seed and another list for another seed', () => {
      const space: SearchSpace = {
        x: { type: 'float', low: 1e-4, high: 1, log: true },
        n: { type: 'int', low: 1, high: 300 },
      };
      const list = (seed: number): unknown[] =>
        points(
          playStudy(create(space, seed), space, { trials: 40, workers: 4, seed: 5 }).proposals,
        );
      expect(list(8)).toEqual(list(8));
      expect(list(8)).not.toEqual(list(9));
      expect(list(8)).not.toEqual(list(8 + 2 ** 32));
    });

    it('proposes the same points one at a time and several together', () => {
      fc.assert(
        fc.property(
          spaceOf(fc.oneof(anyDistribution, finiteDistribution), 4),
          seeds,
          fc.integer({ min: 1, max: 12 }),
          (space, seed, count) => {
            const sampler = create(space, seed);
            const { columns } = playStudy(sampler, space, { trials: 20, workers: 3, seed });
            const first = columns.size;
            // Together: as many as the barrier allows.
            let most = 1;
            while (most < count && barrierMet(sampler, columns, first + most)) most += 1;
            if (!barrierMet(sampler, columns, first)) return;
            const together = sampler.propose(first, most, viewFor(sampler, columns, first));
            const historyLength = columns.ended;
            const singly: Proposal[] = [];
            for (let number = first; number < first + most; number++) {
              const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
              if (proposal === undefined) break;
              columns.proposed(number, proposal.params, historyLength, proposal.origin);
              singly.push(proposal);
            }
            expect(points(together)).toEqual(points(singly));
          },
        ),
        { numRuns: runs(60) },
      );
    });

    it('proposes the same point again from its number and its history length', () => {
      const space: SearchSpace = {
        x: { type: 'float', low: 0, high: 1 },
        c: { type: 'categorical', choices: ['a', 'b', 'c'] },
      };
      const sampler = create(space, 21);
      const { columns, proposals } = playStudy(sampler, space, { trials: 60, workers: 5, seed: 2 });
      // Uses another sampler object and columns rebuilt in order of number and completion, as after
      // a restart.
      const rebuilt = new TrialColumns(space, 'minimize', sampler.window);
      const again = create(space, 21);
      for (const [number, { params, origin }] of proposals.entries()) {
        rebuilt.proposed(number, params, columns.historyLength(number), origin);
      }
      for (let i = 0; i < columns.ended; i++) {
        const number = columns.completion(i);
        rebuilt.end(number, 'complete', 'succeeded', valueOf(proposals[number]!.params));
      }
      const recomputed = proposals.flatMap((_, number) => {
        const view =
          again.barrier === null
            ? rebuilt.asynchronousView(columns.historyLength(number))
            : rebuilt.synchronousView(again.barrier(number));
        return again.propose(number, 1, view);
      });
      expect(points(recomputed)).toEqual(points(proposals));
    });

    it('handles failures, ties and infinite values', () => {
      const space: SearchSpace = {
        x: { type: 'float', low: 0, high: 1 },
        n: { type: 'int', low: 0, high: 50 },
      };
      for (const [direction, value] of [
        ['minimize', Infinity],
        ['maximize', -Infinity],
        ['minimize', NaN],
        ['maximize', 0],
      ] as const) {
        const sampler = createSampler(spec, space, direction, 4);
        const columns = new TrialColumns(space, direction, sampler.window);
        for (let number = 0; number < 40; number++) {
          const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
          expect(proposal?.params.every(Number.isFinite)).toBe(true);
          columns.proposed(number, proposal!.params, columns.ended, proposal!.origin);
          columns.end(
            number,
            number % 3 === 0 ? 'failed' : 'complete',
            number % 3 === 0 ? 'crashed' : 'succeeded',
            value,
          );
        }
      }
    });

    it('names parents that exist and have ended, and generations derived from them', () => {
      const space: SearchSpace = {
        x: { type: 'float', low: 0, high: 1 },
        y: { type: 'float', low: 0, high: 1 },
      };
      const sampler = create(space, 6);
      const { columns, proposals } = playStudy(sampler, space, { trials: 60, workers: 4, seed: 9 });
      for (const [number, { origin }] of proposals.entries()) {
        expect(origin.parents.length).toBeLessThanOrEqual(2);
        for (const parent of origin.parents) {
          expect(parent).toBeLessThan(number);
          expect(columns.generation(parent)).toBeLessThan(origin.generation);
          if (sampler.barrier === null)
            expect(columns.finishSeq(parent)).toBeLessThan(columns.historyLength(number));
          else expect(parent).toBeLessThan(sampler.barrier(number));
        }
      }
    });

    if (create({ x: { type: 'int', low: 0, high: 1 } }, 0).barrier !== null) {
      it('proposes the same list for any number of workers and any order of completion', () => {
        fc.assert(
          fc.property(
            spaceOf(anyDistribution, 4),
            seeds,
            fc.integer({ min: 1, max: 9 }),
            seeds,
            (space, seed, workers, world) => {
              const list = (n: number, s: number): unknown[] =>
                points(
                  playStudy(create(space, seed), space, { trials: 30, workers: n, seed: s })
                    .proposals,
                );
              expect(list(workers, world)).toEqual(list(1, 0));
            },
          ),
          { numRuns: runs(40) },
        );
      });
    }
  });
}
