import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { EditPreview } from '../../src/protocol/window/search-edits.ts';
import type { TrialDetail } from '../../src/protocol/window/reading.ts';
import { foreignly } from '../support/foreign-program.ts';
import { Applications, sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

const evolved = { sampler: { name: 'evolution' } };
const started = async (answer: Promise<unknown>): Promise<string> =>
  ((await answer) as { study: string }).study;

describe('Endpoints: edits of a search', () => {
  it('previews an edit of a running study, applies it, and shows it in the head, the story and the report', async () => {
    const { window, call } = await applications.open('edit.db', 2);
    const file = { ...sphere(10_000, { durationMs: 5 }), ...evolved };
    const study = await started(call('startStudy', { study: file, workers: null }));
    const feed = window.study(study);
    await window.until(() => (feed.head?.counts.complete ?? 0) >= 20);
    const change = { ranges: { x: { low: 0, high: 0.5 } }, only: { y: ['a'] } };
    const preview = (await call('previewEdit', { study, change })) as EditPreview;
    expect(preview.changes).toEqual(['x: -1 … 1 → 0 … 0.5', 'y: a, b → fixed at a']);
    expect(preview.first).toBeGreaterThanOrEqual(20);
    expect(preview.inside).toBeGreaterThan(0);
    expect(preview.inside).toBeLessThan(preview.first);
    expect(preview.told).toBe(preview.inside);
    expect(feed.head?.searched?.edits).toBeUndefined();

    expect(await call('editSearch', { study, change })).toBeNull();
    await window.until(() => feed.head?.searched?.edits?.length === 1);
    const { searched, notes } = feed.head!;
    expect(searched).toMatchObject({
      searchSpace: { x: { low: 0, high: 0.5 } },
      only: { y: ['a'] },
      everSearched: { x: { low: -1, high: 1 } },
      edits: [{ changes: preview.changes }],
    });
    const first = searched!.edits![0]!.first;
    expect(notes.join()).toContain(`The search was edited from trial ${first} on: x: -1 … 1 →`);
    await window.until(() => feed.head!.trials > first + 8);
    await call('stopStudy', { study });
    await window.until(() => feed.head?.state === 'finished');
    const later = (await call('trial', { study, trial: first })) as TrialDetail;
    expect(later.trial.params['x']).toBeGreaterThanOrEqual(0);
    expect(later.trial.params['x']).toBeLessThanOrEqual(0.5);
    expect(later.trial.params['y']).toBe('a');
    expect(later.story.edit).toMatchObject({ first, changes: preview.changes });

    // A finished study too.
    await call('editSearch', { study, change: { free: ['y'], sampler: { name: 'tpe' } } });
    await window.until(() => feed.head?.searched?.edits?.length === 2);
    expect(feed.head?.searched?.only).toBeUndefined();
    expect(feed.head?.searched?.sampler).toEqual({ name: 'tpe' });
    expect(window.failures).toEqual([]);
  });

  it('refuses an edit with the path of every problem, and changes nothing', async () => {
    const { window, call } = await applications.open('refused.db');
    const study = await started(call('startStudy', { study: sphere(2), workers: null }));
    const feed = window.study(study);
    await window.until(() => feed.head?.state === 'finished');
    const change = {
      sampler: { name: 'tpe', startup: 0 },
      pruner: { name: 'median' },
      only: { y: ['a'] },
    };
    for (const name of ['previewEdit', 'editSearch']) {
      const refused = call(name, { study, change });
      await expect(refused).rejects.toMatchObject({
        code: 'invalid-input',
        data: { problems: [{ path: 'sampler.startup' }, { path: 'pruner' }] },
      });
      await expect(
        call(name, { study, change: { ranges: { x: { low: 2, high: 1 } } } }),
      ).rejects.toMatchObject({ data: { problems: [{ path: 'searchSpace.x.low' }] } });
      await expect(call(name, { study, change: { range: {} } })).rejects.toMatchObject({
        code: 'invalid-input',
      });
    }
    expect(feed.head?.searched?.edits).toBeUndefined();
  });

  it("refuses another program's study, a deleted one, and one that there is not", async () => {
    const { window, call } = await applications.open('theirs.db');
    const study = await started(call('startStudy', { study: sphere(2), workers: null }));
    const feed = window.study(study);
    await window.until(() => feed.head?.state === 'finished');
    foreignly(folder.file('theirs.db'), "INSERT INTO studies (study_name) VALUES ('theirs')");
    foreignly(
      folder.file('theirs.db'),
      "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 2, 0)",
    );
    const change = { ranges: { x: { low: 0, high: 0.5 } } };
    for (const name of ['previewEdit', 'editSearch'])
      for (const other of ['theirs', 'none'])
        await expect(call(name, { study: other, change })).rejects.toMatchObject({
          code: 'unknown-study',
        });
    await call('describeStudy', { study, deleted: true });
    await expect(call('editSearch', { study, change })).rejects.toMatchObject({
      code: 'not-allowed-now',
    });
  });
});
