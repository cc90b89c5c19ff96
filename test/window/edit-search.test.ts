/** Tests that the search of a running study can be edited in the window. */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { enqueue } from '../../src/storage/enqueue.ts';
import { editSearch as words } from '../../src/renderer/text/edit-search.ts';
import {
  PATIENCE,
  ask,
  ended,
  patient,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab({ workers: 2 });
const LONG = 4 * PATIENCE;

/** Opens the dialog by keyboard. */
async function opened(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: text.studyChanges.menu, exact: true }).press('Enter');
  await page.getByRole('menuitem', { name: text.studyChanges.editSearch }).press('Enter');
  const dialog = page.getByRole('dialog', { name: text.studyChanges.editSearchTitle, exact: true });
  await dialog.waitFor();
  return dialog;
}

const field = (dialog: Locator, name: string): Locator =>
  dialog.getByRole('textbox', { name, exact: true });
const apply = (dialog: Locator): Locator =>
  dialog.getByRole('button', { name: words.apply, exact: true });

describe('Window: edit search', () => {
  it(
    'fills in the present search, says what an edit would change, applies it to a running study, and lists it',
    async () => {
      const { page, complaints } = await lab.window();
      const study = syntheticStudy('edited', { trials: 100_000, durationMs: 20 });
      const key = await startInFront(page, study, 'evolution');
      await untilEnded(page, 20);
      const dialog = await opened(page);
      let previews = 0;
      page.on('request', (request) => (previews += Number(request.url().endsWith('/previewEdit'))));
      await expect.poll(() => field(dialog, words.lowOf({ name: 'x' })).inputValue()).toBe('-1');
      await dialog.getByText(words.noChange).waitFor();
      expect(await apply(dialog).isEnabled()).toBe(false);
      await field(dialog, words.lowOf({ name: 'x' })).fill('0');
      await field(dialog, words.highOf({ name: 'x' })).fill('0.5');
      await field(dialog, words.fixedOf({ name: 'y' })).fill('0.25');
      await dialog.getByRole('checkbox', { name: 'fancy', exact: true }).uncheck();
      await dialog.getByRole('combobox', { name: words.sampler }).selectOption('random');
      const preview = dialog.getByRole('status', { name: words.preview });
      for (const line of [
        'x: -1 … 1 → 0 … 0.5',
        'y: -1 … 1 → fixed at 0.25',
        'kind: plain, fancy → fixed at plain',
        'sampler: evolution → random',
      ])
        await preview.getByText(line, { exact: true }).waitFor();
      await preview.getByText(/^[\d,]+ of [\d,]+ trials (is|are) inside the new ranges/).waitFor();
      // Results that arrive do not start the check again.
      const asked = previews;
      const shown = await ended(page);
      await expect.poll(() => ended(page), patient).toBeGreaterThan(shown + 20);
      await preview.getByText('x: -1 … 1 → 0 … 0.5', { exact: true }).waitFor();
      expect(previews).toBe(asked);
      await apply(dialog).click();
      await dialog.waitFor({ state: 'detached' });
      const edits = page.getByRole('region', { name: words.edits, exact: true });
      await edits.getByText('x: -1 … 1 → 0 … 0.5', { exact: true }).waitFor();
      // Charts of trials inside and outside the ranges.
      const before = await ended(page);
      await expect.poll(() => ended(page), patient).toBeGreaterThan(before + 8);
      for (const tab of ['space', 'trials', 'evolution'] as const) {
        await page.evaluate((hash) => (location.hash = hash), `#/study/${key}/${tab}`);
        await page.getByRole('tab', { name: text.tabs[tab], selected: true }).waitFor();
      }
      const again = await opened(page);
      await expect.poll(() => field(again, words.highOf({ name: 'x' })).inputValue()).toBe('0.5');
      expect(await field(again, words.fixedOf({ name: 'y' })).inputValue()).toBe('0.25');
      expect(await again.getByRole('checkbox', { name: 'fancy', exact: true }).isChecked()).toBe(
        false,
      );
      await page.keyboard.press('Escape');
      await again.waitFor({ state: 'detached' });
      await ask(page, 'stopStudy', { study: key });
      expect(complaints).toEqual([]);
    },
    LONG,
  );

  it(
    'shows the problems of an edit beside their fields, as the command does, and does not apply it',
    async () => {
      const { page } = await lab.window();
      const study = syntheticStudy('refused', { trials: 6, durationMs: 1 });
      await startInFront(page, study, 'evolution');
      await untilEnded(page, 6);
      const dialog = await opened(page);
      const low = field(dialog, words.lowOf({ name: 'x' }));
      await low.fill('one');
      await dialog.getByText('From: expected a number, found one.', { exact: true }).waitFor();
      expect(await apply(dialog).isEnabled()).toBe(false);
      await low.fill('3');
      await dialog.getByText(/^From: expected .*, found 3\./).waitFor();
      expect(await low.getAttribute('aria-invalid')).toBe('true');
      expect(await apply(dialog).isEnabled()).toBe(false);
      await low.fill('-1');
      await dialog.getByRole('checkbox', { name: 'plain', exact: true }).uncheck();
      await dialog.getByRole('checkbox', { name: 'fancy', exact: true }).uncheck();
      await dialog.getByText(words.noChoice, { exact: true }).waitFor();
      await dialog.getByRole('checkbox', { name: 'plain', exact: true }).check();
      await field(dialog, words.fixedOf({ name: 'y' })).fill('7');
      await dialog.getByText(/^expected .*, found 7\./i).waitFor();
      expect(await field(dialog, words.fixedOf({ name: 'y' })).getAttribute('aria-invalid')).toBe(
        'true',
      );
      expect(await field(dialog, words.lowOf({ name: 'y' })).getAttribute('aria-invalid')).toBe(
        'false',
      );
      await dialog.getByRole('button', { name: text.cancel, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(await page.getByRole('region', { name: words.edits, exact: true }).count()).toBe(0);
    },
    LONG,
  );

  it(
    'lists the enqueued points that would be outside the new ranges',
    async () => {
      const { page } = await lab.window();
      const study = syntheticStudy('with points', { trials: 6, durationMs: 1 });
      const key = await startInFront(page, study, 'evolution');
      await untilEnded(page, 6);
      // The study has all its trials, so it takes none of these.
      enqueue(lab.folder.file('lab.db'), key, [{ x: 0.75 }, { x: 0.25 }]);
      const dialog = await opened(page);
      await field(dialog, words.highOf({ name: 'x' })).fill('0.5');
      await dialog.getByText(words.outside({ points: 1 }), { exact: true }).waitFor();
      await dialog.getByText(/^\{"x": 0\.75\}: params\.x: expected .*, found 0\.75$/).waitFor();
      expect(await dialog.getByText('{"x": 0.25}').count()).toBe(0);
    },
    LONG,
  );
});
