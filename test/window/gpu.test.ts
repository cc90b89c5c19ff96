/**
 * Watches a study on a GPU from start to end: cohorts of sixteen, and the death of the GPU's worker
 * in the middle. On a software GPU; skipped where there is none.
 */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { parseStudy } from '../../src/protocol/study-file.ts';
import { text } from '../../src/renderer/text.ts';
import { prepareUserFolder } from '../../src/runtime/prepare-user-folder.ts';
import { missingChromium } from '../support/chromium.ts';
import { importPoints } from '../support/points-dataset.ts';
import { missingSwiftshader, swiftshader } from '../support/swiftshader.ts';
import { studyOnCard } from '../support/points-study.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  PATIENCE,
  ask,
  patient,
  railStudy,
  startInFront,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const TRIALS = 64;
const LANES = 16;
const SLOT = 'local/gpu/0/0';

const study = parseStudy(studyOnCard({ trials: TRIALS, epochs: 60 }), 'study');

const missing = missingChromium() ?? missingSwiftshader();
const folder = temporaryFolder();
const home = folder.file('home');
beforeAll(async () => {
  if (missing !== null) return;
  prepareUserFolder(home);
  await importPoints({ ...folder, path: home });
});
const lab = windowLab({ folder, workers: 1, env: swiftshader });
beforeEach(({ skip }) => skip(missing !== null, missing ?? ''));

/** Process id of the GPU's worker, as the list of machines shows it. */
async function workerPid(): Promise<number> {
  const { page } = await lab.window({ at: '#/machines' });
  const row = page.getByRole('row').filter({ hasText: 'GPU 0' });
  await expect.poll(async () => row.innerText(), patient).toMatch(/\t\d+\t/);
  const pid = Number(/\t(\d+)\t/.exec(await row.innerText())?.[1]);
  await page.context().close();
  return pid;
}

describe('Window: a study on a GPU', () => {
  it(
    'trains cohorts of sixteen, and loses nothing when the worker is killed in the middle',
    async () => {
      const { page } = await lab.window();
      const key = await startInFront(page, study, 'lab');
      const card = page.getByRole('article', { name: 'GPU 0' });
      const all = text.lab.work.lanesOf({ busy: LANES, of: LANES });
      await card.getByText(all, { exact: true }).waitFor();
      const pid = await workerPid();
      await untilEnded(page, 1);
      await expect.poll(() => runs(page), patient).toBe(true);
      process.kill(pid, 'SIGKILL');
      await railStudy(page, study.name, text.studyStates.finished).waitFor();
      const outcomes = { complete: TRIALS, pruned: 0, failed: 0, running: 0 };
      await page.getByLabel(text.header.outcomes(outcomes)).waitFor();
      const attempts = await ask(page, 'attempts', { study: key, before: null, most: 1000 });
      expect(new Set(attempts.map(({ slot }) => slot))).toEqual(new Set([SLOT]));
      const ended = attempts.filter(({ outcome }) => outcome === 'succeeded');
      expect(new Set(ended.map(({ trial }) => trial)).size).toBe(TRIALS);
      expect(ended).toHaveLength(TRIALS);
      expect(attempts.some(({ outcome }) => outcome === 'lost')).toBe(true);
      await card.getByText(/^[\d,.]+.samples\/s$/).waitFor();
    },
    4 * PATIENCE,
  );
});

/** Returns whether trials run, as the header shows. */
async function runs(page: Page): Promise<boolean> {
  return (await page.locator('header .done .label').innerText()).includes(
    text.header.running({ running: 1 }).replace(/^1/, '').trim(),
  );
}
