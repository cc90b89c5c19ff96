/**
 * The first minute: a window that has never seen a study, one click, trials that end, their best
 * taken along as a file.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import { text } from '../../src/renderer/text.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { PATIENCE, railStudy, untilEnded, windowLab } from '../support/window.ts';

const lab = windowLab();

it(
  'three cards, one click, trials run and end, and the exported best is the best of the lab file',
  async () => {
    const { page, complaints } = await lab.window();
    await page.getByRole('heading', { level: 1, name: text.start.title }).waitFor();
    const cards = page.getByRole('heading', { level: 2 });
    expect(await cards.allTextContents()).toEqual([
      text.start.mnist,
      text.start.drop,
      text.start.open,
    ]);

    await page.getByRole('button', { name: text.start.mnistButton }).click();
    // Without another click; how soon is measured on a machine of its own, by the bench.
    await page.getByText(/^[1-9]\d* running$/).waitFor();
    await untilEnded(page, 2);

    // What is exported is what the lab holds at that moment: so that it holds still, the study is
    // paused.
    const name = (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
    await page
      .locator('header')
      .getByRole('button', { name: text.header.pause, exact: true })
      .click();
    await railStudy(page, name, text.studyStates.paused).waitFor();
    await page.getByRole('button', { name: text.tabs.export }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: text.exports.top({ top: 10 }) }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.json$/);
    const exported = bestConfigs.parse(JSON.parse(readFileSync(await download.path(), 'utf8')));

    const reader = readLab(lab.served.lab);
    const best = reader.best(name, 10);
    reader.close();
    expect(best.length).toBeGreaterThanOrEqual(2);
    expect(exported.study).toBe(name);
    expect(exported.best.map(({ trial, value, params }) => ({ trial, value, params }))).toEqual(
      best.map(({ number, value, params }) => ({ trial: number, value, params })),
    );
    expect(complaints).toEqual([]);
  },
  4 * PATIENCE,
);
