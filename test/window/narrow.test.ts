/**
 * Tests windows down to 640 px, the size of a window of 1280 px at 200 % zoom: every control of
 * every view is reachable.
 */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { unreachable } from '../support/reachable.ts';
import { walk } from '../support/walk-window.ts';
import {
  PATIENCE,
  ask,
  patient,
  railStudy,
  select,
  syntheticStudy,
  windowLab,
} from '../support/window.ts';

const LONG = 3 * PATIENCE;
const sizes = [
  { width: 1280, height: 800 },
  { width: 960, height: 600 },
  { width: 853, height: 533 },
  { width: 800, height: 900 },
  { width: 640, height: 400 },
] as const;
const name = 'A study whose name is longer than any place that shows it, on MNIST with evolution';

const lab = windowLab();

/** Polls, because the layout follows a new size within a few frames. */
async function reaches(page: Page, where: string): Promise<void> {
  await expect
    .poll(async () => ({ where, out: await unreachable(page) }), patient)
    .toEqual({ where, out: [] });
}

async function finishedStudy(page: Page): Promise<string> {
  const { study } = await ask(page, 'startStudy', {
    study: syntheticStudy(name, { trials: 24, durationMs: 5 }),
    workers: null,
  });
  await page.goto(`${lab.served.origin}/#/study/${study}/evolution`);
  await railStudy(page, name, text.studyStates.finished).waitFor();
  return study;
}

describe('Window: narrow', () => {
  it(
    'shows every control of the first start, all views, the set-up and the dialogs without horizontal scrolling',
    async () => {
      const { page } = await lab.window();
      await page.getByRole('button', { name: text.start.mnistButton }).waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        await reaches(page, `first start, ${size.width} px`);
      }
      await page.setViewportSize(sizes[0]);
      const study = await finishedStudy(page);
      const second = await ask(page, 'startStudy', {
        study: syntheticStudy(`${name}, again`, { trials: 8, durationMs: 5 }),
        workers: null,
      });
      await select(page, 3);
      for (const size of sizes) {
        const at = (view: string): string => `${view}, ${size.width} px`;
        await page.setViewportSize(size);
        await page.goto(`${lab.served.origin}/#/study/${study}/evolution`);
        await page.locator('#tab-evolution').waitFor();
        await walk(page, (view) => reaches(page, at(view)));
        await page.goto(`${lab.served.origin}/#/new`);
        await page.getByRole('radio', { name: text.setUp.json }).click();
        await reaches(page, at('set-up, JSON'));
        await page.goto(`${lab.served.origin}/#/compare/${study}/${second.study}`);
        await page.locator('canvas').waitFor();
        await reaches(page, at('compare'));
        await page.goto(`${lab.served.origin}/#/study/${study}/trials`);
        await page.getByRole('grid').waitFor();
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: text.keys.title }).waitFor();
        await reaches(page, at('keys'));
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: text.header.addOther }).click();
        await page.getByRole('menuitem', { name: text.header.addUntil }).click();
        await page.getByRole('dialog', { name: text.header.untilTitle }).waitFor();
        await reaches(page, at('limits'));
        await page.keyboard.press('Escape');
      }
    },
    5 * LONG,
  );

  it(
    'shows every action of a running study at once after the window became wider',
    async () => {
      const { page } = await lab.window();
      const { study } = await ask(page, 'startStudy', {
        study: syntheticStudy(name, { trials: 4_000, durationMs: 400 }),
        workers: null,
      });
      await page.setViewportSize({ width: 1920, height: 900 });
      await page.goto(`${lab.served.origin}/#/study/${study}/trials`);
      // The estimate makes the header longer than 1280 px allow.
      await page
        .locator('header')
        .getByText(text.header.until({ clock: '' }))
        .waitFor();
      await page.setViewportSize({ width: 800, height: 900 });
      await page.locator('header.wrapped').waitFor();
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      expect(await unreachable(page)).toEqual([]);
    },
    LONG,
  );

  it(
    'opens the whole rail over the view, and folds it after a choice',
    async () => {
      const { page } = await lab.window();
      const study = await finishedStudy(page);
      await page.setViewportSize({ width: 800, height: 600 });
      await page.goto(`${lab.served.origin}/#/study/${study}/trials`);
      const rail = page.getByRole('navigation', { name: text.rail.label });
      await rail.getByRole('button', { name: text.rail.unfold }).click();
      await rail.getByRole('heading', { name: text.rail.studies }).waitFor();
      await reaches(page, 'the open rail');
      await page.keyboard.press('Escape');
      await rail.getByRole('heading', { name: text.rail.studies }).waitFor({ state: 'detached' });
      await rail.getByRole('button', { name: text.rail.unfold }).click();
      await rail.getByRole('button', { name: text.rail.settings }).click();
      await page.getByRole('heading', { level: 1, name: text.settings.title }).waitFor();
      await rail.getByRole('heading', { name: text.rail.studies }).waitFor({ state: 'detached' });
    },
    LONG,
  );
});
