import { describe, expect, it } from 'vitest';
import { STOPPED_BY_USER, stoppedEarly } from '../../../src/core/study/stopped.ts';
import type { StudyStanding } from '../../../src/core/study/stopped.ts';

const stopped: StudyStanding = {
  state: 'finished',
  reason: STOPPED_BY_USER,
  direction: 'maximize',
  counts: { complete: 1, pruned: 0, failed: 1 },
  limits: { trials: 16, target: null },
  best: { value: 0.9 },
};

describe('Studies: stopped early', () => {
  it('reports at which trial the user stopped a study, and how many remain', () => {
    expect(stoppedEarly(stopped)).toEqual({ ended: 2, of: 16, remaining: 14 });
    expect(stoppedEarly({ ...stopped, limits: { trials: null, target: null } })).toEqual({
      ended: 2,
      of: null,
      remaining: null,
    });
  });

  it.each([
    ['runs', { state: 'running', reason: null }],
    ['met its limit', { reason: 'trials' }],
    ['had no trial left when it was stopped', { limits: { trials: 2, target: null } }],
    ['reached its target while it was ending', { limits: { trials: 16, target: 0.9 } }],
  ] satisfies [string, Partial<StudyStanding>][])('is null for a study that %s', (_, change) => {
    expect(stoppedEarly({ ...stopped, ...change })).toBeNull();
  });
});
