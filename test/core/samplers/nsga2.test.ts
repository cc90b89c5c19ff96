import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { Survivors } from '../../../src/core/samplers/nsga2.ts';
import type { Proposal } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { RankedValues } from '../../../src/core/study/trial-columns.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

const space: SearchSpace = Object.fromEntries(
  Array.from({ length: 5 }, (_, i) => [`x${i}`, { type: 'float', low: 0, high: 1 }]),
);
const directions = ['minimize', 'minimize'] as const;

/** ZDT1: the front is f2 = 1 − √f1. */
function zdt1(x: ArrayLike<number>): RankedValues {
  const [first = 0, ...rest] = Array.from(x);
  const g = 1 + (9 * rest.reduce((sum, each) => sum + each, 0)) / rest.length;
  return { values: [first, g * (1 - Math.sqrt(first / g))], violation: 0 };
}

interface Played {
  readonly columns: TrialColumns;
  readonly proposals: readonly Proposal[];
}

function play(name: string, evaluate: typeof zdt1, seed: number, trials = 128): Played {
  const sampler = createSampler({ name }, space, 'minimize', seed);
  const columns = new TrialColumns(space, 'minimize', sampler.window, directions);
  const proposals: Proposal[] = [];
  const running: number[] = [];
  const order = new Stream(seed, { purpose: PURPOSE.simulation });
  while (columns.ended < trials) {
    while (running.length < 4 && columns.size < trials) {
      const view = columns.asynchronousView(columns.ended);
      const [proposal] = sampler.propose(columns.size, 1, view);
      columns.proposed(columns.size, proposal!.params, columns.ended, proposal!.origin);
      running.push(proposals.push(proposal!) - 1);
    }
    const [done] = running.splice(order.below(running.length), 1);
    const ranked = evaluate(proposals[done!]!.params);
    columns.end(done!, 'complete', 'succeeded', ranked.values[0]!, ranked);
  }
  return { columns, proposals };
}

/** Area between the front and the corner (1, 10). */
function area({ front, values }: { front: TrialColumns['front'] } & Pick<TrialColumns, 'values'>) {
  let [sum, from] = [0, 1];
  for (const number of front!.numbers.toReversed()) {
    const [x = 0, y = 0] = Array.from(values(number));
    sum += Math.max(0, from - x) * Math.max(0, 10 - y);
    from = Math.min(from, x);
  }
  return sum;
}

const areaOf = ({ columns }: Played): number =>
  area({ front: columns.front, values: (number) => columns.values(number) });

describe('Sampler nsga2', () => {
  it('finds a larger part of the objective space than random draws, on each of ten seeds', () => {
    for (let seed = 0; seed < 10; seed++)
      expect(areaOf(play('nsga2', zdt1, seed))).toBeGreaterThan(areaOf(play('random', zdt1, seed)));
  });

  it('comes to propose points that satisfy the constraints', () => {
    const bounded = (x: ArrayLike<number>): RankedValues => ({
      ...zdt1(x),
      violation: Math.max(0, Array.from(x).reduce((sum, each) => sum + each, 0) - 0.8),
    });
    const { columns } = play('nsga2', bounded, 3);
    const late = Array.from({ length: 32 }, (_, i) => columns.completion(96 + i));
    const early = Array.from({ length: 16 }, (_, i) => columns.completion(i));
    const share = (numbers: number[]): number =>
      numbers.filter((number) => columns.violation(number) === 0).length / numbers.length;
    expect(share(early)).toBeLessThan(0.1);
    expect(share(late)).toBeGreaterThan(0.5);
    expect(columns.front!.numbers.every((number) => columns.violation(number) === 0)).toBe(true);
  });

  it('keeps the same population whether completions come one by one or all at once', () => {
    const { columns } = play('nsga2', zdt1, 8, 64);
    const kept = new Survivors(16);
    for (let count = 0; count <= 64; count++) {
      const atOnce = new Survivors(16).of(columns.asynchronousView(count));
      expect(kept.of(columns.asynchronousView(count))).toEqual(atOnce);
    }
    const other = play('nsga2', zdt1, 9, 64).columns;
    expect(kept.of(other.asynchronousView(40))).toEqual(
      new Survivors(16).of(other.asynchronousView(40)),
    );
  });

  it('keeps no failed or diverged trial in the population', () => {
    const { columns, proposals } = play('nsga2', zdt1, 5, 20);
    const some = new TrialColumns(space, 'minimize', { kind: 'all' }, directions);
    for (const [number, { params, origin }] of proposals.entries())
      some.proposed(number, params, 0, origin);
    some.end(0, 'failed', 'crashed', NaN);
    some.end(1, 'complete', 'diverged', Infinity);
    some.end(2, 'complete', 'succeeded', 1, {
      values: Array.from(columns.values(2)),
      violation: 0,
    });
    expect(new Survivors(16).of(some.asynchronousView(3))).toEqual([2]);
    expect(Array.from(some.values(1))).toEqual([Infinity, Infinity]);
    expect(some.front!.numbers).toEqual([2]);
  });

  it('proposes the same points from columns that were copied to a thread', () => {
    const { columns, proposals } = play('nsga2', zdt1, 11, 40);
    const copy = new TrialColumns(space, 'minimize', { kind: 'all' }, directions);
    copy.apply(columns.since({ size: 0, ended: 0 }));
    expect(copy.front!.numbers).toEqual(columns.front!.numbers);
    const sampler = createSampler({ name: 'nsga2' }, space, 'minimize', 11);
    for (const [number, { params }] of proposals.entries()) {
      const view = copy.asynchronousView(columns.historyLength(number));
      expect(sampler.propose(number, 1, view)[0]!.params).toEqual(params);
    }
  });
});
