import { describe, expect, it } from 'vitest';
import { STOPPED_BY_USER } from '../../../src/core/study/stopped.ts';
import type { StudyRow } from '../../../src/protocol/window/study-stream.ts';
import { EndNotice } from '../../../src/renderer/state/end-notice.ts';
import { themeOf } from '../../../src/renderer/state/theme.ts';
import { studyRow } from '../../support/window-examples.ts';

const row = (state: StudyRow['state'], reason: string | null = null): StudyRow[] => [
  studyRow({ key: 'a', state, reason }),
];

describe('Notification at the end of a study', () => {
  it('is shown once for a study that ran and has ended', () => {
    const notice = new EndNotice();
    expect(notice.hear(row('running'))).toEqual([]);
    expect(notice.hear(row('finished', 'trials')).map(({ key }) => key)).toEqual(['a']);
    expect(notice.hear(row('finished', 'trials'))).toEqual([]);
  });

  it('is not shown for studies that had ended before, or that the user stopped or paused', () => {
    const notice = new EndNotice();
    expect(notice.hear(row('finished', 'trials'))).toEqual([]);
    expect(notice.hear(row('running'))).toEqual([]);
    expect(notice.hear(row('paused'))).toEqual([]);
    expect(notice.hear(row('running'))).toEqual([]);
    expect(notice.hear(row('finished', STOPPED_BY_USER))).toEqual([]);
  });
});

describe('Colour scheme', () => {
  it('follows the system without a stored choice', () => {
    expect(['light', 'dark', 'system', '', 'blue'].map(themeOf)).toEqual([
      'light',
      'dark',
      'system',
      'system',
      'system',
    ]);
  });
});
