/**
 * Tests that a study can be renamed, annotated, duplicated, deleted and restored in the window, by
 * keyboard where possible.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import {
  PATIENCE,
  ask,
  ended,
  patient,
  railStudy,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab({ workers: 2 });
const LONG = 3 * PATIENCE;
const words = text.studyChanges;

let studies = 0;
let name = '';
beforeEach(() => (name = `change ${++studies}`));

async function withStudy(
  trials: number,
  durationMs = 5,
): Promise<{ readonly page: Page; readonly key: string }> {
  const { page } = await lab.window();
  const key = await startInFront(page, syntheticStudy(name, { trials, durationMs }), 'evolution');
  return { page, key };
}

const heading = (page: Page, named: string): Locator =>
  page.getByRole('heading', { level: 1, name: named, exact: true });

/** Chooses an entry of the study's menu by keyboard. */
async function choose(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: words.menu, exact: true }).press('Enter');
  await page.getByRole('menuitem', { name: entry }).press('Enter');
}

const undo = (page: Page): Locator =>
  page.getByRole('status').getByRole('button', { name: text.undo, exact: true }).last();

describe('Window: changes of a study', () => {
  it(
    'renames a running study in the header; Esc cancels, a taken name is refused with a free one, undo restores the name',
    async () => {
      const { page, key } = await withStudy(10_000, 20);
      const field = page.getByRole('textbox', { name: words.renameLabel });
      await page.keyboard.press('F2');
      await field.fill('not this');
      await field.press('Escape');
      await heading(page, name).waitFor();
      await ask(page, 'startStudy', {
        study: syntheticStudy(`${name} other`, { trials: 1, durationMs: 1 }),
        workers: null,
      });
      await choose(page, words.rename);
      await field.fill(`${name} other`);
      await field.press('Enter');
      await page.getByText(`${name} other-2 is free`).waitFor();
      await field.fill(`${name} renamed`);
      await field.press('Enter');
      await heading(page, `${name} renamed`).waitFor();
      await railStudy(page, `${name} renamed`, text.studyStates.running).waitFor();
      const before = await ended(page);
      await expect.poll(() => ended(page), patient).toBeGreaterThan(before);
      await undo(page).press('Enter');
      await heading(page, name).waitFor();
      await ask(page, 'stopStudy', { study: key });
    },
    LONG,
  );

  it(
    'keeps a note that is typed in the inspector, shows it escaped, and removes it by undo',
    async () => {
      const { page } = await withStudy(4);
      await untilEnded(page, 4);
      await choose(page, words.addNote);
      const field = page.getByRole('textbox', { name: words.noteLabel });
      await field.fill('first <b>line</b>\nsecond é');
      await field.press('Control+Enter');
      const note = page.getByText('first <b>line</b>', { exact: false });
      await note.waitFor();
      expect(await note.textContent()).toBe('first <b>line</b>\nsecond é');
      await page.reload();
      await note.waitFor();
      await page.getByRole('button', { name: words.editNote, exact: true }).click();
      await field.fill('another');
      await field.press('Escape');
      await note.waitFor();
      await page.getByRole('button', { name: words.editNote, exact: true }).click();
      await field.fill('');
      await field.press('Control+Enter');
      await note.waitFor({ state: 'detached' });
      await undo(page).press('Enter');
      await note.waitFor();
    },
    LONG,
  );

  it(
    'deletes a study that does not run, with undo, lists it as deleted, restores it, and removes it for good after a question',
    async () => {
      const { page, key } = await withStudy(10_000, 20);
      const rail = page.getByRole('navigation', { name: text.rail.label });
      await page.getByRole('button', { name: words.menu, exact: true }).press('Enter');
      await expect
        .poll(
          () => page.getByRole('menuitem', { name: words.remove }).getAttribute('aria-disabled'),
          patient,
        )
        .toBe('true');
      await page.keyboard.press('Escape');
      await ask(page, 'stopStudy', { study: key });
      const entry = railStudy(page, name, text.studyStates.stopped);
      await entry.waitFor();
      await choose(page, words.remove);
      await entry.waitFor({ state: 'detached' });
      expect(new URL(page.url()).hash).not.toContain(key);
      await undo(page).press('Enter');
      await heading(page, name).waitFor();
      await entry.waitFor();

      await choose(page, words.remove);
      await entry.waitFor({ state: 'detached' });
      await rail.getByText(words.deletedStudies({ count: 1 }), { exact: true }).click();
      await rail.getByRole('button', { name: words.restoreNamed({ name }), exact: true }).click();
      await heading(page, name).waitFor();

      await choose(page, words.remove);
      await rail.getByText(words.deletedStudies({ count: 1 }), { exact: true }).waitFor();
      const gone = rail.getByRole('button', { name: words.removeNamed({ name }), exact: true });
      if (!(await gone.isVisible()))
        await rail.getByText(words.deletedStudies({ count: 1 }), { exact: true }).click();
      await gone.click();
      const dialog = page.getByRole('dialog', { name: words.removeTitle({ name }) });
      await dialog.getByRole('button', { name: words.keep, exact: true }).click();
      await gone.click();
      await dialog.getByRole('button', { name: words.removeForGood, exact: true }).click();
      await gone.waitFor({ state: 'detached' });
      await expect(ask(page, 'studyFile', { study: key })).rejects.toThrow('unknown-study');
    },
    LONG,
  );

  it(
    'duplicates a study into the set-up page under a free name',
    async () => {
      const { page } = await withStudy(3);
      await untilEnded(page, 3);
      await choose(page, words.duplicate);
      const field = page.getByRole('textbox', { name: text.setUp.name, exact: true });
      await expect.poll(() => field.inputValue(), patient).toBe(`${name}-2`);
      await page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) }).click();
      await heading(page, `${name}-2`).waitFor();
      await untilEnded(page, 3);
    },
    LONG,
  );

  it(
    'tries a typed point as the next trial of a finished study, and names a value that the parameter cannot have',
    async () => {
      const { page, key } = await withStudy(3);
      await untilEnded(page, 3);
      await page.goto(`${lab.served.origin}/#/study/${key}/space`);
      await page.getByRole('button', { name: chartText.space.tryPoint }).press('Enter');
      const [first] = Object.keys(syntheticStudy(name, { trials: 3, durationMs: 5 }).searchSpace);
      const field = page.getByRole('dialog').getByLabel(first ?? '', { exact: true });
      await field.fill('1e9');
      await expect.poll(() => field.getAttribute('aria-invalid'), patient).toBe('true');
      await field.fill('0.5');
      await page.getByRole('button', { name: chartText.space.tryIt }).press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await expect.poll(() => ended(page), patient).toBe(4);
    },
    LONG,
  );
});
