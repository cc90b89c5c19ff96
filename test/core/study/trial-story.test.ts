import { describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/device.ts';
import { storySentences } from '../../../src/core/study/trial-story.ts';
import type { StoryFacts, StoryFormat } from '../../../src/core/study/trial-story.ts';

const format: StoryFormat = {
  ...{ duration: (ms) => `${ms / 1000} s`, value: String, worker: slotName },
  score: (value) => `${value * 100} %`,
};
const tell = (facts: Partial<StoryFacts>): string[] =>
  storySentences(
    {
      metric: 'accuracy',
      state: 'complete',
      outcome: 'succeeded',
      lineage: null,
      attempts: [],
      value: 1,
      audits: [],
      ...facts,
    },
    format,
  );
const run = { attemptNumber: 1, slot: 'local/cpu/1', outcome: 'succeeded', ms: 2300, detail: null };

describe('The story of a trial in sentences', () => {
  it('describes a trial with one attempt in one sentence', () => {
    const lineage = { operator: 'mutation', parents: [14] };
    expect(tell({ lineage, attempts: [run] })).toEqual([
      'Proposed by mutating trial 14; started on CPU 1; succeeded after 2.3 s.',
    ]);
  });

  it('says what the model predicted of a trial that it chose', () => {
    const prediction = { value: 0.5, low: 0.25, high: 0.75, logExpectedImprovement: 0 };
    const lineage = { operator: 'neighbour', parents: [14], prediction };
    expect(tell({ lineage, attempts: [run] })).toEqual([
      'Proposed as a neighbour of trial 14; started on CPU 1; succeeded after 2.3 s.',
      'The model predicted 50 %, 95 % interval 25 % to 75 %; expected improvement 1 times the standard deviation of the values.',
    ]);
  });

  it('bounds a predicted accuracy by 0 and 100 %, but no other metric', () => {
    const prediction = { value: 0.9, low: -0.5, high: 1.5, logExpectedImprovement: 0 };
    const lineage = { operator: 'uniform', parents: [], prediction };
    expect(tell({ lineage, attempts: [run] })[1]).toContain(
      'predicted 90 %, 95 % interval 0 % to 100 %',
    );
    const loss = tell({ metric: 'loss', lineage, attempts: [run] });
    expect(loss[1]).toContain('interval -50 % to 150 %');
  });

  it('does not call a random point that the model chose drawn at random', () => {
    const prediction = { value: 0.5, low: 0.25, high: 0.75, logExpectedImprovement: 0 };
    const lineage = { operator: 'uniform', parents: [], prediction };
    expect(tell({ lineage, attempts: [run] })[0]).toBe(
      'A random point that the model chose; started on CPU 1; succeeded after 2.3 s.',
    );
  });

  it.each([
    ['crossover+mutation', [3, 5], 'Proposed by crossover of trials 3 and 5 and mutation'],
    ['uniform', [], 'Drawn at random'],
    ['local-search', [], 'Found by a local search of the model from a random point'],
    ['grid', [], 'Taken from the grid'],
    ['enqueued', [], 'Queued with given parameters'],
  ])('says how a trial by %s was proposed', (operator, parents, origin) => {
    const told = tell({ state: 'waiting', outcome: null, lineage: { operator, parents } });
    expect(told).toEqual([`${origin}; waiting for a worker.`]);
  });

  it('says what evaluations on other machines gave, but not those without a value', () => {
    const audit = { slot: 'n1/cpu/0', outcome: 'succeeded', value: 1, verdict: 'same' } as const;
    const audits = [
      { ...audit, outcome: 'cancelled', value: null, verdict: null },
      audit,
      { ...audit, value: 2, verdict: 'differs' } as const,
      { ...audit, outcome: 'diverged', value: null, verdict: 'differs' } as const,
      {
        ...audit,
        verdict: 'differs',
        difference: { metric: 'loss', value: 2, found: 3 },
      } as const,
      { ...audit, outcome: 'crashed', value: null, verdict: null },
    ];
    const worker = slotName('n1/cpu/0');
    expect(tell({ attempts: [run], audits }).slice(1)).toEqual([
      `Evaluated again on ${worker}; the same value.`,
      `Evaluated again on ${worker}; 2 instead of 1.`,
      `Evaluated again on ${worker}; divergence instead of 1.`,
      `Evaluated again on ${worker}; loss: 3 instead of 2.`,
      `Evaluated again on ${worker}; crashed.`,
    ]);
  });

  it('explains why a trial failed, and which attempts returned it to the queue', () => {
    const crashed = { ...run, outcome: 'crashed', detail: 'no memory\n  at x' };
    const lineage = { operator: 'uniform', parents: [] };
    const attempts = [crashed, { ...crashed, attemptNumber: 2 }];
    expect(tell({ state: 'failed', outcome: 'crashed', lineage, attempts })).toEqual([
      'Drawn at random.',
      'Attempt 1 started on CPU 1; crashed after 2.3 s (no memory); the trial returned to the queue.',
      'Attempt 2 started on CPU 1; crashed after 2.3 s (no memory); the trial failed.',
    ]);
  });

  it('says that an attempt still runs', () => {
    const attempts = [{ ...run, outcome: null, ms: null }];
    expect(tell({ state: 'running', outcome: null, attempts })).toEqual([
      'Proposed by another program; started on CPU 1; still running.',
    ]);
  });
});
