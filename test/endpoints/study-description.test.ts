import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Applications, sphere } from '../support/open-application.ts';
import { foreignly } from '../support/foreign-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { StudyRow } from '../../src/protocol/window/study-stream.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

/** More trials than can end within a test. */
const TRIALS = 10_000;

describe('Studies: name, note, deletion and removal from the window', () => {
  it('renames and annotates a running study, whose trials, feed and export continue', async () => {
    const { window, call } = await applications.open('rename.db', 2);
    const lab = window.lab();
    const file = { study: sphere(TRIALS, { durationMs: 20 }), workers: null };
    const { study } = (await call('startStudy', file)) as { study: string };
    const row = (): StudyRow | undefined => lab.body.studies?.find(({ key }) => key === study);
    const feed = window.study(study);
    await window.until(() => (row()?.counts.complete ?? 0) >= 2);
    await call('describeStudy', { study, name: 'renamed “é”', note: 'why:\nfaster' });
    await window.until(() => row()?.name === 'renamed “é”' && feed.head?.note === 'why:\nfaster');
    const before = row()!.counts.complete;
    await window.until(() => row()!.counts.complete > before + 2);
    expect(feed.head).toMatchObject({ name: 'renamed “é”', state: 'running' });
    expect(((await call('studyFile', { study })) as { name: string }).name).toBe('renamed “é”');
    await call('stopStudy', { study });
    await window.until(() => row()?.state === 'finished');
    expect(window.failures).toEqual([]);
  });

  it("refuses a name that another program's study has just taken, and names a free one", async () => {
    const { call } = await applications.open('taken.db');
    const { study } = (await call('startStudy', { study: sphere(1), workers: null })) as {
      study: string;
    };
    foreignly(folder.file('taken.db'), "INSERT INTO studies (study_name) VALUES ('theirs')");
    foreignly(
      folder.file('taken.db'),
      "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 2, 0)",
    );
    await expect(call('describeStudy', { study, name: 'theirs' })).rejects.toMatchObject({
      code: 'name-taken',
      data: { found: 'theirs', free: 'theirs-2' },
    });
    await expect(call('describeStudy', { study: 'theirs', note: 'x' })).rejects.toMatchObject({
      code: 'unknown-study',
    });
    await expect(call('describeStudy', { study, name: 'a\u202eb' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('deletes only a study that does not run; a deleted one can be restored, and does not run meanwhile', async () => {
    const { window, call } = await applications.open('delete.db');
    const lab = window.lab();
    const { study } = (await call('startStudy', {
      study: sphere(TRIALS, { durationMs: 20 }),
      workers: null,
    })) as { study: string };
    const row = (): StudyRow | undefined => lab.body.studies?.find(({ key }) => key === study);
    await window.until(() => (row()?.counts.complete ?? 0) >= 2);
    await expect(call('describeStudy', { study, deleted: true })).rejects.toMatchObject({
      code: 'not-allowed-now',
    });
    await call('stopStudy', { study });
    await window.until(() => row()?.state === 'finished');
    await call('describeStudy', { study, deleted: true });
    await window.until(() => row()?.deleted === true);
    for (const [name, input] of [
      ['resumeStudy', { study }],
      ['addTrials', { study, trials: 2 }],
    ] as const) {
      await expect(call(name, input)).rejects.toMatchObject({ code: 'not-allowed-now' });
    }
    const { complete } = row()!.counts;
    await call('describeStudy', { study, deleted: false });
    await window.until(() => row()?.deleted === false);
    expect(row()!.counts.complete).toBe(complete);
  });

  it('removes a deleted study for good, also the rest of an interrupted removal', async () => {
    const { window, call } = await applications.open('remove.db', 2);
    const lab = window.lab();
    const started: string[] = [];
    for (const trials of [700, 3]) {
      const { study } = (await call('startStudy', { study: sphere(trials), workers: null })) as {
        study: string;
      };
      started.push(study);
    }
    const rows = (): readonly StudyRow[] => lab.body.studies ?? [];
    await window.until(
      () => rows().length === 2 && rows().every(({ state }) => state === 'finished'),
    );
    const [large = '', small = ''] = started;
    await expect(call('removeStudy', { study: large })).rejects.toMatchObject({
      code: 'not-allowed-now',
    });
    await call('describeStudy', { study: large, deleted: true });
    const feed = window.study(large);
    await window.until(() => feed.head !== null);
    // One piece is removed, then the application is closed.
    const removing = call('removeStudy', { study: large }).catch((error: unknown) => error);
    await applications.close();
    await removing;
    const again = await applications.open('remove.db');
    const after = again.window.lab();
    await again.window.until(() => after.body.studies?.length === 1);
    expect(after.body.studies?.map(({ key }) => key)).toEqual([small]);
    const count = (sql: string): unknown => foreignly(folder.file('remove.db'), sql)[0]?.[0];
    expect(count('SELECT count(*) FROM trials')).toBe(3);
    expect(count('SELECT count(*) FROM galapagos_trial')).toBe(3);
    expect(count('SELECT count(*) FROM galapagos_attempt')).toBe(3);
  });
});
