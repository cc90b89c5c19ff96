import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/core/scheduling/index.ts';
import { GraceCount } from '../../src/studies/grace-count.ts';

const attempt = { study: 's', number: 0, attemptNumber: 1 };
const ended = { kind: 'trialEnded', attempt } as Change;
const back = { kind: 'trialBack', attempt } as Change;
const moved = (state: Extract<Change, { kind: 'study' }>['state']): Change => {
  return { kind: 'study', state, reason: null };
};

function heard(...changes: readonly Change[]): GraceCount['settled'] {
  const count = new GraceCount();
  for (const change of changes) count.observe(change);
  return count.settled;
}

describe('Pause and stop: what became of the running trials', () => {
  it('counts those that finished in time and those that were returned', () => {
    expect(heard(ended, moved('pausing'), ended, back, ended, moved('paused'), ended)).toEqual({
      finished: 2,
      returned: 1,
    });
    expect(heard(moved('ending'), ended, ended, moved('finished'))).toEqual({
      finished: 2,
      returned: 0,
    });
  });

  it('goes on counting when a pausing study is stopped, and forgets when it runs again', () => {
    expect(heard(moved('pausing'), ended, moved('ending'), back, moved('finished'))).toEqual({
      finished: 1,
      returned: 1,
    });
    expect(heard(moved('pausing'), ended, moved('paused'), moved('running'))).toBeNull();
  });

  it('does not count a trial that pauses at a rung as returned', () => {
    const paused = { kind: 'trialBack', attempt, outcome: 'paused' } as Change;
    expect(heard(moved('pausing'), paused, back, moved('paused'))).toEqual({
      finished: 0,
      returned: 1,
    });
  });

  it('knows nothing of a study that ends by its limit', () => {
    expect(heard(moved('running'), ended, moved('finished'))).toBeNull();
  });

  it('does not count a waiting trial that is cancelled meanwhile', () => {
    const cancelled = { kind: 'trialEnded', attempt: null } as Change;
    expect(heard(moved('pausing'), cancelled, moved('paused'))).toEqual({
      finished: 0,
      returned: 0,
    });
  });
});
