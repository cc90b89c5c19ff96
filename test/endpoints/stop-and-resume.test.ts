import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { stoppedEarly } from '../../src/core/study/stopped.ts';
import { Applications, sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { StudyRow } from '../../src/protocol/window/study-stream.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

/** More trials than can end within a test. */
const TRIALS = 10_000;

describe('Stop, pause and resume from the window', () => {
  it('resumes a stopped study up to its limit, and adds trials beyond the limit', async () => {
    const { window, call } = await applications.open('stopped.db', 2);
    const lab = window.lab();
    const file = { study: sphere(TRIALS, { durationMs: 60 }), workers: null };
    const { study } = (await call('startStudy', file)) as { study: string };
    const row = (): StudyRow | undefined => lab.body.studies?.find(({ key }) => key === study);
    await window.until(() => (row()?.counts.complete ?? 0) >= 2);
    await call('stopStudy', { study });
    await window.until(() => row()?.state === 'finished');
    const { complete } = row()!.counts;
    expect(stoppedEarly(row()!)).toEqual({
      ended: complete,
      of: TRIALS,
      remaining: TRIALS - complete,
    });

    await call('resumeStudy', { study });
    await window.until(() => row()?.state === 'running');
    expect(row()?.limits.trials).toBe(TRIALS);

    await call('stopStudy', { study });
    await window.until(() => row()?.state === 'finished');
    await call('addTrials', { study, trials: 32 });
    await window.until(() => row()?.state === 'running');
    expect(row()?.limits.trials).toBe(TRIALS + 32);
    await call('stopStudy', { study });
    expect(window.failures).toEqual([]);
  });

  it('reports how many running trials finished at a pause, and forgets it when the study continues', async () => {
    const { window, call } = await applications.open('paused.db', 2);
    const lab = window.lab();
    const file = { study: sphere(TRIALS, { durationMs: 60 }), workers: null };
    const { study } = (await call('startStudy', file)) as { study: string };
    const row = (): StudyRow | undefined => lab.body.studies?.find(({ key }) => key === study);
    await window.until(() => (row()?.counts.complete ?? 0) >= 2);
    const before = row()!.counts.complete;
    await call('pauseStudy', { study });
    await window.until(() => row()?.state === 'paused');
    const settled = row()!.settled;
    expect(settled?.returned).toBe(0);
    expect(settled?.finished).toBeLessThanOrEqual(row()!.counts.complete - before);
    expect(settled?.finished).toBeGreaterThan(0);
    await call('resumeStudy', { study });
    await window.until(() => row()?.state === 'running');
    expect(row()?.settled).toBeNull();
    await call('stopStudy', { study });
    expect(window.failures).toEqual([]);
  });

  it('extends a finished study by one trial for a point that is tried, and refuses a point twice', async () => {
    const { window, call } = await applications.open('tried.db', 2);
    const lab = window.lab();
    const file = { study: sphere(3, { durationMs: 1 }), workers: null };
    const { study } = (await call('startStudy', file)) as { study: string };
    const row = (): StudyRow | undefined => lab.body.studies?.find(({ key }) => key === study);
    await window.until(() => row()?.state === 'finished');
    await call('enqueueTrial', { study, params: { x: 0.5 } });
    await window.until(() => row()?.counts.complete === 4 && row()?.state === 'finished');
    expect(row()?.limits.trials).toBe(4);
    const whole = { x: 0.25, y: 'a' };
    await call('enqueueTrial', { study, params: whole });
    await window.until(() => row()?.counts.complete === 5 && row()?.state === 'finished');
    await expect(call('enqueueTrial', { study, params: whole })).rejects.toMatchObject({
      code: 'duplicate-trial',
    });
    expect(row()?.limits.trials).toBe(5);
    await expect(call('enqueueTrial', { study, params: { x: 1e9 } })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});
