import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILED_ALIKE, FailingAlike } from '../../../src/core/study/failing-alike.ts';

type Ended = Parameters<FailingAlike['observe']>[0];
type Outcome = Ended['outcome'];

/** The trial that ends as the `finishSeq`-th. */
function ended(finishSeq: number, outcome: Outcome, error = ''): Ended {
  const detail = outcome === 'crashed' ? { detail: error } : {};
  return { kind: 'trialEnded', number: 7, finishSeq, outcome, ...detail } as unknown as Ended;
}

function observed(trials: readonly Ended[]): (string | null)[] {
  const failing = new FailingAlike();
  return trials.map((each) => failing.observe(each));
}

const crashes = (count: number, error: (i: number) => string): Ended[] =>
  Array.from({ length: count }, (_, i) => ended(i, 'crashed', error(i)));

describe('A study whose trials fail', () => {
  it('is recognised once, at the fifth trial, by an error that is equal but for numbers', () => {
    const trials = crashes(
      8,
      (i) => `KeyError: 'lr' at 0x7f${i} (train.py:${i}, ${i % 2 === 0 ? '-' : ''}1.5)\nline ${i}`,
    );
    expect(observed(trials)).toEqual([
      ...[null, null, null, null],
      `${FAILED_ALIKE}KeyError: 'lr' at 0x7f4 (train.py:4, -1.5)`,
      ...[null, null, null],
    ]);
  });

  it('is not recognised where one of the first five trials did not crash, or otherwise', () => {
    const others = fc.constantFrom<Ended>(
      ended(0, 'succeeded'),
      ended(0, 'diverged'),
      ended(0, 'outOfMemory'),
      ended(0, 'timedOut'),
      ended(0, 'cancelled'),
      ended(0, 'crashed', 'another error'),
      ended(0, 'crashed', ' \n'),
    );
    fc.assert(
      fc.property(fc.nat({ max: 4 }), others, (at, other) => {
        const trials = crashes(20, () => 'the error');
        trials[at] = { ...other, finishSeq: at };
        expect(observed(trials)).toEqual(trials.map(() => null));
      }),
    );
  });

  it('is not recognised where earlier trials ended in another process', () => {
    expect(observed(crashes(9, () => 'x').slice(1))).toEqual(Array(8).fill(null));
  });
});
