import { describe, expect, it } from 'vitest';
import { STOPPED_BY_USER } from '../../../src/core/study/stopped.ts';
import { pauseWords, stopWords } from '../../../src/renderer/state/settled-words.ts';
import { studyRow } from '../../support/window-examples.ts';

const counts = {
  waiting: 0,
  paused: 0,
  running: 0,
  complete: 2,
  pruned: 0,
  failed: 0,
  diverged: 0,
};

describe('Notices: what a pause or a stop came to', () => {
  it('says after a pause how many running trials finished and how many were returned', () => {
    const paused = studyRow({ state: 'paused', counts, settled: { finished: 2, returned: 0 } });
    expect(pauseWords(paused)).toBe('Paused. 2 running trials finished.');
    expect(pauseWords({ ...paused, settled: { finished: 0, returned: 1 } })).toBe(
      'Paused. 1 running trial returned to the queue.',
    );
    expect(pauseWords({ ...paused, settled: null })).toBe('Paused.');
  });

  it('says after a stop at which trial the study stopped', () => {
    const stopped = studyRow({
      state: 'finished',
      reason: STOPPED_BY_USER,
      counts,
      settled: { finished: 1, returned: 0 },
    });
    expect(stopWords(stopped)).toMatch(/^Stopped at 2 of 64\b.* 1 running trial finished\.$/);
    expect(stopWords({ ...stopped, reason: 'trials' })).toMatch(
      /^Stopped\. All trials had ended\./,
    );
  });

  it('says while running trials end that the pause has not come to its end', () => {
    const pausing = studyRow({ state: 'pausing', counts: { ...counts, running: 2 } });
    expect(pauseWords(pausing)).not.toMatch(/^Paused/);
  });
});
