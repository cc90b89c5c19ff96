import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler, samplers } from '../../../src/core/samplers/create-sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { nextPosition, START } from '../../../src/core/study/column-increment.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { barrierMet, valueOf, viewFor } from '../../support/play-study.ts';

const space: SearchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  k: { type: 'int', low: 1, high: 9 },
  mode: { type: 'categorical', choices: ['a', 'b'] },
};

/** Settings with which a sampler leaves its initial trials early. */
const settings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  evolution: { initial: 3, population: 3 },
  grid: { divisions: 7 },
};

/** One action: the number of copies made before it, and which trials end and how. */
const act = fc.record({
  copies: fc.integer({ min: 0, max: 1 }),
  asks: fc.integer({ min: 0, max: 3 }),
  end: fc.nat(),
  failed: fc.boolean(),
});

describe('Trial columns: increments', () => {
  it.each(samplers.map(({ name }) => name))(
    'give %s a copy that it proposes the same trials from, whenever they are applied',
    (name) => {
      fc.assert(
        fc.property(fc.array(act, { maxLength: 60 }), fc.nat(), (acts, seed) => {
          const spec = { name, ...settings[name] };
          const [sampler, other] = [0, 1].map(() => createSampler(spec, space, 'minimize', seed));
          const columns = new TrialColumns(space, 'minimize', sampler!.window);
          const copy = new TrialColumns(space, 'minimize', sampler!.window);
          const running: number[] = [];
          const update = (): void => copy.apply(structuredClone(columns.since(copy.position)));
          for (const { copies, asks, end, failed } of acts) {
            if (copies > 0) update();
            for (let i = 0; i < asks; i++) {
              const number = columns.size;
              if (!barrierMet(sampler!, columns, number)) break;
              update();
              const proposals = sampler!.propose(number, 1, viewFor(sampler!, columns, number));
              expect(other!.propose(number, 1, viewFor(other!, copy, number))).toEqual(proposals);
              const [proposal] = proposals;
              if (proposal === undefined) break;
              columns.proposed(number, proposal.params, columns.ended, proposal.origin);
              running.push(number);
            }
            const [done] = running.splice(end % Math.max(1, running.length), 1);
            if (done === undefined) continue;
            const value = valueOf(columns.params(done) ?? Float64Array.of(done));
            if (failed) columns.end(done, 'failed', 'crashed', NaN);
            else columns.end(done, 'complete', 'succeeded', value);
          }
          update();
          expect(copy.best(20)).toEqual(columns.best(20));
          for (let number = 0; number < columns.size; number++) {
            expect(copy.params(number)).toEqual(columns.params(number));
            expect(copy.outcome(number)).toBe(columns.outcome(number));
            expect(copy.generation(number)).toBe(columns.generation(number));
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it('rebuild a study piece by piece whose worse trials have lost their parameters', () => {
    const window = { kind: 'best', count: 4 } as const;
    const origin = { operator: 'uniform', parents: [], generation: 0 };
    const columns = new TrialColumns(space, 'minimize', window);
    for (let n = 0; n < 3_000; n++) {
      const params = Float64Array.of((n % 2_500) / 3_000, 1 + (n % 9), n % 2);
      columns.proposed(n, params, n, origin);
      columns.end(n, 'complete', 'succeeded', 3_000 - n);
    }
    expect(columns.params(0)).toBeNull();
    const copy = new TrialColumns(space, 'minimize', window);
    for (let pieces = 0; copy.ended < columns.ended; pieces++) {
      expect(pieces).toBeLessThan(7);
      copy.apply(columns.since(copy.position, nextPosition(copy.position, columns.position, 999)));
    }
    expect(copy.position).toEqual(columns.position);
    for (let n = 0; n < 3_000; n++) {
      const params = Float64Array.of((n % 2_500) / 3_000, 1 + (n % 9), n % 2);
      expect(copy.params(n)).toEqual(columns.params(n));
      expect(copy.find(params)).toBe(columns.find(params));
    }
  });

  it('are refused at another position than their own', () => {
    const columns = new TrialColumns(space, 'minimize', { kind: 'all' });
    const origin = { operator: 'uniform', parents: [], generation: 0 };
    columns.proposed(0, Float64Array.of(0, 1, 0), 0, origin);
    const copy = new TrialColumns(space, 'minimize', { kind: 'all' });
    const increment = columns.since(START);
    copy.apply(increment);
    expect(() => copy.apply(increment)).toThrow('an increment from 0 trials');
  });
});
