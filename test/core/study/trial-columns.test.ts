import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryWindow } from '../../../src/core/samplers/sampler.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { hashKey } from '../../../src/core/search-space/duplicate-key.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { HistoryView } from '../../../src/core/study/history.ts';
import type { Direction } from '../../../src/core/study/study-spec.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

const space: SearchSpace = {
  x: { type: 'float', low: 0, high: 1e9 },
  n: { type: 'int', low: 0, high: 1000 },
};
const founder = { operator: 'uniform', parents: [], generation: 0 };
const point = (number: number): Float64Array => Float64Array.of(number + 0.25, number % 1000);

interface Ended {
  readonly number: number;
  readonly value: number;
}

/** Expected columns, computed by a slow reference. */
function ranked(ended: readonly Ended[], direction: Direction): number[] {
  const sign = direction === 'minimize' ? 1 : -1;
  return [...ended]
    .sort((a, b) =>
      a.value === b.value ? a.number - b.number : sign * (a.value < b.value ? -1 : 1),
    )
    .map(({ number }) => number);
}

const value = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom(Infinity, -Infinity, NaN),
  fc.double(),
);
/** Each trial's value, state and position in the order of completion; the last few may not end. */
const history = fc.array(
  fc.record({
    value,
    failed: fc.boolean(),
    order: fc.nat(),
    open: fc.nat({ max: 9 }).map((n) => n === 0),
  }),
  {
    maxLength: 60,
  },
);
const direction = fc.constantFrom<Direction>('minimize', 'maximize');
const window = fc.constantFrom<HistoryWindow>(
  { kind: 'none' },
  { kind: 'best', count: 3 },
  { kind: 'best', count: 20 },
  { kind: 'all' },
);

describe('Trial columns', () => {
  it('rank like a sorted list, in every view and at every history length', () => {
    fc.assert(
      fc.property(
        history,
        direction,
        window,
        fc.array(fc.nat(), { maxLength: 6 }),
        (trials, way, kind, bases) => {
          const columns = new TrialColumns(space, way, kind);
          for (const number of trials.keys()) columns.proposed(number, point(number), 0, founder);
          const worst = way === 'minimize' ? Infinity : -Infinity;
          const order = [...trials.keys()]
            .filter((number) => !trials[number]!.open)
            .sort((a, b) => trials[a]!.order - trials[b]!.order || a - b);
          const ended = order.map((number, finish): Ended => {
            const trial = trials[number]!;
            expect(
              columns.end(
                number,
                trial.failed ? 'failed' : 'complete',
                trial.failed ? 'crashed' : 'succeeded',
                trial.value,
              ),
            ).toBe(finish);
            return {
              number,
              value: trial.failed || !Number.isFinite(trial.value) ? worst : trial.value,
            };
          });
          expect(columns.best(60)).toEqual(ranked(ended, way));
          for (const historyLength of [ended.length, ...bases.map((n) => n % (ended.length + 1))]) {
            const shown = ended.slice(0, historyLength);
            const view = columns.asynchronousView(historyLength);
            for (const k of [1, 3, 20, 60])
              expect(view.best(k)).toEqual(ranked(shown, way).slice(0, k));
            expect([...Array(view.count).keys()].map((i) => view.completion(i))).toEqual(
              shown.map(({ number }) => number),
            );
            for (const number of trials.keys())
              expect(view.ended(number)).toBe(shown.some((trial) => trial.number === number));
            for (const trial of shown) expect(view.value(trial.number)).toBe(trial.value);
          }
          const leading = trials.findIndex((trial) => trial.open);
          for (const n of [
            leading < 0 ? trials.length : leading,
            ...bases.map((b) => b % ((leading < 0 ? trials.length : leading) + 1)),
          ]) {
            const view = columns.synchronousView(n);
            expect(view.count).toBe(n);
            expect(view.best(5)).toEqual(
              ranked(
                ended.filter(({ number }) => number < n),
                way,
              ).slice(0, 5),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keep proposals and outcomes', () => {
    const columns = new TrialColumns(space, 'maximize', { kind: 'all' });
    columns.proposed(0, point(0), 0, founder);
    columns.proposed(1, point(1), 0, { operator: 'crossover', parents: [0, 0, 0], generation: 7 });
    expect([columns.state(1), columns.outcome(1), columns.hasEnded(1)]).toEqual([
      null,
      null,
      false,
    ]);
    columns.end(1, 'pruned', 'pruned', 0.5);
    columns.end(0, 'failed', 'deadly', NaN);
    expect([
      columns.state(1),
      columns.outcome(1),
      columns.value(1),
      columns.finishSeq(1),
      columns.generation(1),
      columns.parents(1),
    ]).toEqual(['pruned', 'pruned', 0.5, 0, 7, [0, 0]]);
    expect([
      columns.state(0),
      columns.outcome(0),
      columns.value(0),
      columns.finishSeq(0),
      columns.parents(0),
    ]).toEqual(['failed', 'deadly', -Infinity, 1, []]);
  });

  it('refuse numbers out of order, second ends, ends of unknown trials, and views of the future', () => {
    const columns = new TrialColumns(space, 'minimize', { kind: 'none' });
    expect(() => columns.proposed(1, point(1), 0, founder)).toThrow('the next number is 0');
    expect(() => columns.end(0, 'complete', 'succeeded', 1)).toThrow('only 0 were proposed');
    columns.proposed(0, point(0), 0, founder);
    expect(() => columns.synchronousView(1)).toThrow('trial 0 has not ended');
    expect(() => columns.asynchronousView(1)).toThrow('only 0 trials ended');
    columns.end(0, 'complete', 'succeeded', 1);
    expect(() => columns.end(0, 'complete', 'succeeded', 2)).toThrow('ended twice');
    expect(columns.value(0)).toBe(1);
  });

  it('find every point proposed before a number, in every window', () => {
    const points = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3 })),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(points, window, (pairs, kind) => {
        const columns = new TrialColumns(space, 'minimize', kind);
        const view = columns.asynchronousView(0);
        for (const [number, [x, n]] of pairs.entries()) {
          const params = Float64Array.of(x, n);
          const first = pairs.findIndex(([otherX, otherN]) => otherX === x && otherN === n);
          expect(view.has(params, number)).toBe(first < number);
          columns.proposed(number, params, 0, founder);
          expect(view.has(params, number + 1)).toBe(true);
          expect(view.has(params, first)).toBe(false);
          if (number % 2 === 0) columns.end(number, 'complete', 'succeeded', x);
        }
      }),
    );
  });

  it('distinguish points whose hashes share 32 bits', () => {
    const axes = axesOf(space);
    const seen = new Map<number, Float64Array>();
    let pairs = 0;
    for (let number = 0; number < 200_000; number++) {
      const params = point(number);
      const { first } = hashKey(axes, params, { first: 0, second: 0 });
      const other = seen.get(first);
      seen.set(first, params);
      if (other === undefined) continue;
      pairs += 1;
      for (const kind of ['all', 'none'] as const) {
        const columns = new TrialColumns(space, 'minimize', { kind });
        columns.proposed(0, other, 0, founder);
        expect([columns.find(other), columns.find(params)]).toEqual([0, null]);
        columns.proposed(1, params, 0, founder);
        expect([columns.find(other), columns.find(params)]).toEqual([0, 1]);
      }
    }
    expect(pairs).toBeGreaterThan(0);
  });

  const played = (kind: HistoryWindow, trials: number): TrialColumns => {
    const columns = new TrialColumns(space, 'minimize', kind);
    for (let number = 0; number < trials; number++) {
      columns.proposed(number, point(number), number, founder);
      columns.end(number, 'complete', 'succeeded', (number * 7919) % 10_007);
    }
    return columns;
  };

  it('keep the parameters of their window and of open trials, and little else', () => {
    const columns = played({ kind: 'best', count: 5 }, 20_000);
    for (const number of columns.best(5)) expect(columns.params(number)).toEqual(point(number));
    columns.proposed(20_000, point(20_000), 0, founder);
    expect(columns.params(20_000)).toEqual(point(20_000));
    const kept = Array.from({ length: 20_000 }, (_, number) => columns.params(number)).filter(
      (params) => params !== null,
    ).length;
    expect(kept).toBeLessThan(1200);
    expect(played({ kind: 'none' }, 100).params(5)).toBeNull();
    const all = played({ kind: 'all' }, 70_000);
    for (const number of [0, 255, 256, 65_535, 65_536, 69_999])
      expect(all.params(number)).toEqual(point(number));
  });

  it('can return a best trial that was just displaced', () => {
    const columns = new TrialColumns(space, 'minimize', { kind: 'best', count: 2 });
    for (let number = 0; number < 200; number++) {
      columns.proposed(number, point(number), 0, founder);
      columns.end(number, 'complete', 'succeeded', -number);
    }
    const view: HistoryView = columns.asynchronousView(100);
    expect(view.best(2)).toEqual([99, 98]);
    expect(view.params(99)).toEqual(point(99));
  });

  it('take ≤ 110 bytes a trial at 8 parameters where all are kept, ≤ 52 where the best are', () => {
    const eight: SearchSpace = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`p${i}`, { type: 'float', low: 0, high: 1e7 } as const]),
    );
    const trials = 4 * 65_536;
    for (const [kind, most] of [
      [{ kind: 'all' }, 110],
      [{ kind: 'best', count: 5 }, 52],
      [{ kind: 'none' }, 52],
    ] as const) {
      const columns = new TrialColumns(eight, 'minimize', kind);
      const params = new Float64Array(8);
      for (let number = 0; number < trials; number++) {
        columns.proposed(
          number,
          (kind.kind === 'best' ? new Float64Array(8) : params).fill(number),
          0,
          founder,
        );
        columns.end(number, 'complete', 'succeeded', number % 1000);
      }
      expect(columns.bytes / trials).toBeLessThanOrEqual(most);
    }
  });
});
