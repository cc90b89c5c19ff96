/** Tests of samplers that see trials of other searches before the study's own. */
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { simulate } from '../../../src/core/simulation/index.ts';
import type { HistoryTrial } from '../../../src/core/study/start-history.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy, valueOf, viewFor } from '../../support/play-study.ts';

const space: SearchSpace = {
  x: { type: 'float', low: 0, high: 1 },
  n: { type: 'int', low: 1, high: 12 },
  c: { type: 'categorical', choices: ['a', 'b', 'c'] },
  y: { type: 'float', low: 0, high: 1, when: { c: ['a', 'b'] } },
};
const learning = ['evolution', 'guided-evolution', 'generational', 'tpe', 'gp', 'nsga2'] as const;
const SEED = 5;
const LENGTH = 21;

function earlier(seed = 1, length = LENGTH): HistoryTrial[] {
  const random = createSampler({ name: 'random' }, space, 'minimize', seed);
  return playStudy(random, space, { trials: length, workers: 1, seed: 1 }).proposals.map(
    ({ params }) => ({ params, values: [valueOf(params)] }),
  );
}

function samplerFrom(name: string, history: readonly HistoryTrial[], seed = SEED): Sampler {
  return createSampler({ name }, space, 'minimize', seed, history);
}

/** Columns of a study whose first trials are the history, and in which nothing runs. */
function continued(history: readonly HistoryTrial[], window: Sampler['window']): TrialColumns {
  const columns = new TrialColumns(space, 'minimize', window);
  for (const [number, { params, values }] of history.entries()) {
    columns.proposed(number, params, 0, { operator: 'uniform', parents: [], generation: 0 });
    columns.end(number, 'complete', 'succeeded', values[0]!);
  }
  return columns;
}

describe('Samplers with a history', () => {
  it.each(learning)('%s proposes what it would after the same trials of its own', (name) => {
    const history = earlier();
    const plain = samplerFrom(name, []);
    const started = samplerFrom(name, history);
    const whole = continued(history, plain.window);
    const own = new TrialColumns(space, 'minimize', started.window);
    for (let number = 0; number < 12; number++) {
      const [expected] = plain.propose(LENGTH + number, 1, viewFor(plain, whole, LENGTH + number));
      const [found] = started.propose(number, 1, viewFor(started, own, number));
      expect(found!.params).toEqual(expected!.params);
      expect(found!.origin.operator).toBe(expected!.origin.operator);
      expect(
        [
          ...(found!.origin.ancestors ?? []),
          ...found!.origin.parents.map((parent) => parent + LENGTH),
        ].toSorted(),
      ).toEqual(expected!.origin.parents.toSorted());
      whole.proposed(LENGTH + number, expected!.params, whole.ended, expected!.origin);
      whole.end(LENGTH + number, 'complete', 'succeeded', valueOf(expected!.params));
      own.proposed(number, found!.params, own.ended, found!.origin);
      own.end(number, 'complete', 'succeeded', valueOf(found!.params));
    }
  });

  it.each(learning)('%s proposes several at once as one at a time', (name) => {
    const history = earlier();
    const sampler = samplerFrom(name, history);
    const columns = new TrialColumns(space, 'minimize', sampler.window);
    const together = sampler.propose(0, 3, viewFor(sampler, columns, 0));
    for (const [number, expected] of together.entries()) {
      const view = viewFor(sampler, columns, 0);
      expect(samplerFrom(name, history).propose(number, 1, view)[0]!.params).toEqual(
        expected.params,
      );
      columns.proposed(number, expected.params, 0, expected.origin);
    }
  });

  it.each(learning)('%s never proposes a point of the history', (name) => {
    const finite: SearchSpace = { n: { type: 'int', low: 1, high: 12 } };
    const history = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({
      params: Float64Array.of(n),
      values: [n],
    }));
    const sampler = createSampler({ name }, finite, 'minimize', SEED, history);
    const { proposals } = playStudy(sampler, finite, { trials: 12, workers: 1, seed: 1 });
    expect(proposals.map(({ params }) => params[0]).toSorted((a, b) => a! - b!)).toEqual([
      9, 10, 11, 12,
    ]);
  });

  it('makes the trials of the history the founders of evolution', () => {
    const history = earlier();
    const best = history
      .map((trial, number) => ({ number, value: trial.values[0]! }))
      .toSorted((a, b) => a.value - b.value)
      .slice(0, 5)
      .map(({ number }) => number);
    const sampler = samplerFrom('evolution', history);
    const columns = new TrialColumns(space, 'minimize', sampler.window);
    for (const { origin } of sampler.propose(0, 8, columns.asynchronousView(0))) {
      expect(origin).toMatchObject({ parents: [], generation: 1 });
      expect(best).toEqual(expect.arrayContaining([...origin.ancestors!]));
    }
  });

  it.each(['random', 'sobol', 'cma-es'])(
    'leaves the trials of %s as they are, which learns nothing from others',
    (name) => {
      const plain = samplerFrom(name, []);
      const columns = new TrialColumns(space, 'minimize', plain.window);
      const view = columns.asynchronousView(0);
      expect(samplerFrom(name, earlier()).propose(0, 4, view)).toEqual(plain.propose(0, 4, view));
    },
  );
});

describe('Samplers with a history of a study with constraints', () => {
  it('nsga2 proposes what it would after the same trials of its own, feasible or not', () => {
    const directions = ['minimize', 'maximize'] as const;
    const history = earlier().map(({ params, values: [value = NaN] }, i) => ({
      params,
      values: [value, params[0]!],
      violation: i % 3 === 0 ? 0 : value,
    }));
    const propose = (known: readonly HistoryTrial[], own: readonly HistoryTrial[]): unknown[] => {
      const sampler = samplerFrom('nsga2', known);
      const columns = new TrialColumns(space, 'minimize', sampler.window, directions);
      const origin = { operator: 'uniform', parents: [], generation: 0 };
      for (const [number, { params, values, violation = 0 }] of own.entries()) {
        columns.proposed(number, params, 0, origin);
        columns.end(number, 'complete', 'succeeded', values[0]!, { values, violation });
      }
      return Array.from({ length: 40 }, (_, i) => {
        const number = own.length + i;
        const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
        columns.proposed(number, proposal!.params, columns.ended, proposal!.origin);
        const value = valueOf(proposal!.params);
        const ranked = { values: [value, proposal!.params[0]!], violation: i % 2 };
        columns.end(number, 'complete', 'succeeded', value, ranked);
        return [...proposal!.params];
      });
    };
    const found = propose(history, []);
    expect(found).toEqual(propose([], history));
    const blind = history.map(({ params, values }) => ({ params, values }));
    expect(found).not.toEqual(propose(blind, []));
  });
});

describe('Studies with a history', () => {
  it.each(['evolution', 'tpe', 'guided-evolution'])(
    'propose with %s, whatever is killed, what the number of the trial and the completions decide',
    (name) => {
      const history = earlier();
      let columns: TrialColumns | undefined;
      const report = simulate({
        spec: {
          name: 's',
          objective: { kind: 'synthetic', function: 'sphere' },
          direction: 'minimize',
          searchSpace: space,
          sampler: { name },
          seed: SEED,
          startedFrom: [{ name: 'earlier', trials: LENGTH }],
          history,
        },
        trials: 24,
        workers: 2,
        value: valueOf,
        duration: 1_000,
        coordinatorKillsEveryMs: 4_000,
        check: ({ studies }) => (columns = [...studies.values()][0]?.columns),
      });
      expect(report.completed).toBe(24);
      expect(report.coordinatorKills).toBeGreaterThan(0);
      // A fresh sampler, so that nothing is left of the calls before.
      const sampler = samplerFrom(name, history);
      for (let number = 0; number < 24; number++) {
        const view = columns!.asynchronousView(columns!.historyLength(number));
        const [again] = sampler.propose(number, 1, view);
        const kept = columns!.params(number);
        if (kept !== null) expect(again!.params).toEqual(kept);
      }
    },
  );
});

describe('Benefit of a history', () => {
  const sphere: SearchSpace = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, { type: 'float', low: -5, high: 5 } as const]),
  );
  const distance = (params: Float64Array): number =>
    params.reduce((sum, value, i) => sum + (value - i / 2) ** 2, 0);
  /** Number of trials until the distance is at most the target; the budget if it never is. */
  const trialsTo = (sampler: Sampler, target: number, budget: number): number => {
    const columns = new TrialColumns(sphere, 'minimize', sampler.window);
    for (let number = 0; number < budget; number++) {
      const [proposal] = sampler.propose(number, 1, viewFor(sampler, columns, number));
      columns.proposed(number, proposal!.params, columns.ended, proposal!.origin);
      const value = distance(proposal!.params);
      if (value <= target) return number + 1;
      columns.end(number, 'complete', 'succeeded', value);
    }
    return budget;
  };

  it.each([
    ['guided-evolution', 0.5],
    ['evolution', 4],
    ['tpe', 4],
  ])('%s reaches %d in fewer trials after 40 random ones, over four seeds', (name, target) => {
    const totals = { without: 0, after: 0 };
    for (let seed = 1; seed <= 4; seed++) {
      const of = (history: readonly HistoryTrial[]): Sampler =>
        createSampler({ name }, sphere, 'minimize', seed, history);
      const random = createSampler({ name: 'random' }, sphere, 'minimize', 100 + seed);
      const { proposals } = playStudy(random, sphere, { trials: 40, workers: 1, seed });
      const history = proposals.map(({ params }) => ({ params, values: [distance(params)] }));
      totals.without += trialsTo(of([]), target, 80);
      totals.after += trialsTo(of(history), target, 80);
    }
    expect(totals.after).toBeLessThan(0.7 * totals.without);
  });
});
