import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndedTrials } from '../../../src/core/scheduling/ended-trials.ts';
import type { EndedTrial } from '../../../src/core/scheduling/ended-trials.ts';

describe('Scheduling: ended trials of a restored study', () => {
  const trial = (
    number: number,
    finishSeq: number,
    more: Partial<EndedTrial> = {},
  ): EndedTrial => ({
    number,
    state: 'complete',
    outcome: 'succeeded',
    value: number / 7,
    told: number / 3,
    finishSeq,
    attemptNumber: 1 + (number % 300),
    unsettled: [],
    ...more,
  });

  it('come back as they were added, in completion order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(60).keys()], { minLength: 60 }), (order) => {
        const given = order.map((finishSeq, number) => trial(number, finishSeq));
        const ended = new EndedTrials();
        for (const each of given) ended.add(each);
        expect([...ended]).toEqual(given.toSorted((a, b) => a.finishSeq - b.finishSeq));
        expect([...ended]).toHaveLength(60);
      }),
    );
  });

  it('come last, by number, where another program ended them', () => {
    const unsettled = [
      { attemptNumber: 2, slot: 'local/cpu/0', incarnation: '1.1', outcome: null },
    ] as const;
    const ended = new EndedTrials();
    const foreign = { state: 'failed', outcome: 'endedElsewhere', value: NaN } as const;
    ended.add(trial(0, -1, foreign));
    ended.add(trial(1, 0, { unsettled }));
    ended.add(trial(2, -1, foreign));
    expect([...ended]).toEqual([
      trial(1, 0, { unsettled }),
      trial(0, -1, foreign),
      trial(2, -1, foreign),
    ]);
  });
});
