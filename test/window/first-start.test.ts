/**
 * Tests the first minute: an empty window, one click, finished trials, and the export of the best
 * configurations.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import { text } from '../../src/renderer/text.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { PATIENCE, railStudy, untilEnded, windowLab } from '../support/window.ts';

const lab = windowLab();

it(
  'Window: first start shows three cards, runs trials after one click, and exports the best of the lab file',
  async () => {
    const { page, complaints } = await lab.window();
    await page.getByRole('heading', { level: 1, name: text.start.title }).waitFor();
    const cards = page.getByRole('heading', { level: 2 });
    expect(await cards.allTextContents()).toEqual([
      text.start.mnist,
      text.start.drop,
      text.start.script,
    ]);

    await page.getByRole('button', { name: text.start.mnistButton }).click();
    // Without another click; a bench on a quiet machine measures how soon.
    await page.getByText(/^[1-9]\d* running$/).waitFor();
    await untilEnded(page, 2);

    // Pauses the study, so that the lab file and the export agree.
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
