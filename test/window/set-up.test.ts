/** A study set up in the window: started as it stands, mended where it is wrong, written as JSON and back. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { PATIENCE, ask, patient, windowLab } from '../support/window.ts';

const lab = windowLab();
const LONG = 3 * PATIENCE;
const start = (page: Page) => page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) });
const nameField = (page: Page) => page.getByRole('textbox', { name: text.setUp.name, exact: true });
const json = (page: Page) => page.getByRole('textbox', { name: text.setUp.json, exact: true });
const mode = (page: Page, label: string) => page.getByRole('radio', { name: label, exact: true });

async function setUp(): Promise<Page> {
  const { page } = await lab.window({ at: '#/new' });
  await expect.poll(() => start(page).isEnabled(), patient).toBe(true);
  return page;
}

describe('setting a study up', () => {
  it(
    'needs no touch: Start starts it',
    async () => {
      const page = await setUp();
      const name = await nameField(page).inputValue();
      await start(page).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.getByText(/^[1-9]\d* running$/).waitFor();
      await page.locator('header').getByRole('button', { name: text.header.stop, exact: true }).click();
    },
    LONG,
  );

  it(
    'says what is wrong under its field and counts it; Start leads there instead of starting; mended, nothing is said',
    async () => {
      const page = await setUp();
      const before = (await ask(page, 'draft', { dataset: null })).name;
      const field = page.getByRole('textbox', { name: text.setUp.stopFields.trials });
      const held = await field.inputValue();
      await field.fill('many');
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
      await page.getByText(/^stop\.trials: expected .*, found .*many/).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await start(page).click();
      await expect.poll(() => field.evaluate((element) => element === document.activeElement), patient).toBe(true);
      await field.fill(held);
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor({ state: 'detached' });
      expect(await field.getAttribute('aria-invalid')).toBe('false');
      // A free name is proposed, so the lab has none of it yet: nothing was started.
      expect((await ask(page, 'draft', { dataset: null })).name).toBe(before);
    },
    LONG,
  );

  it(
    'is the same study as a form and as JSON, whichever is written',
    async () => {
      const page = await setUp();
      await nameField(page).fill('written in the form');
      await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).fill('77');
      await mode(page, text.setUp.json).click();
      const written = JSON.parse(await json(page).inputValue()) as Record<string, unknown>;
      expect(written).toMatchObject({ name: 'written in the form', stop: { trials: 77 } });
      await json(page).fill(JSON.stringify({ ...written, name: 'written as JSON', stop: { trials: 55 } }, null, 2));
      await expect.poll(() => nameField(page).inputValue(), patient).toBe('written as JSON');
      await mode(page, text.setUp.form).click();
      expect(await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).inputValue()).toBe('55');
    },
    LONG,
  );

  it(
    'keeps the form as it was while the JSON is none, and says line and column',
    async () => {
      const page = await setUp();
      await nameField(page).fill('kept');
      await mode(page, text.setUp.json).click();
      const good = await json(page).inputValue();
      const lines = good.split('\n');
      await json(page).fill([...lines.slice(0, 2), '  oops', ...lines.slice(2)].join('\n'));
      await page.getByText(/line 3, column 3.*The form keeps the last study that could be read\./).waitFor();
      expect(await json(page).getAttribute('aria-invalid')).toBe('true');
      await mode(page, text.setUp.form).click();
      expect(await nameField(page).inputValue()).toBe('kept');
      await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).waitFor();
    },
    LONG,
  );
});
