/** Tests the settings of a window: its colours, and notifications of a browser. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { PATIENCE, ask, patient, railStudy, syntheticStudy, windowLab } from '../support/window.ts';

const lab = windowLab({ workers: 1 });
const LONG = 3 * PATIENCE;
const words = text.settings;

async function settings(colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const { page } = await lab.window({ colorScheme, at: '#/settings' });
  await page.getByRole('heading', { level: 1, name: words.title }).waitFor();
  return page;
}

const choice = (page: Page, group: string, name: string) =>
  page.getByRole('radiogroup', { name: group }).getByRole('radio', { name, exact: true });
const ground = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

describe('Settings: colours', () => {
  it(
    'follows the system until light or dark is chosen, which stays after a reload',
    async () => {
      const [light, dark] = [await ground(await settings()), await ground(await settings('dark'))];
      expect(light).not.toBe(dark);
      const page = await settings();
      await choice(page, words.theme, words.themes.dark).click();
      expect(await ground(page)).toBe(dark);
      await page.reload();
      await expect.poll(() => ground(page), patient).toBe(dark);
      await choice(page, words.theme, words.themes.system).click();
      expect(await ground(page)).toBe(light);
    },
    LONG,
  );
});

/** Replaces the browser's notifications; the page counts as not in front. */
async function withNotifications(permission: 'granted' | 'denied'): Promise<Page> {
  const page = await settings();
  await page.addInitScript((granted) => {
    const shown: string[] = [];
    class Recorded extends EventTarget {
      static permission = granted;
      static requestPermission = (): Promise<string> => Promise.resolve(granted);

      constructor(title: string, { body }: { body: string }) {
        super();
        shown.push(`${title}: ${body}`);
      }
    }
    Object.assign(globalThis, { Notification: Recorded, shown });
    document.hasFocus = () => false;
  }, permission);
  await page.reload();
  await choice(page, words.notifications, words.on).click();
  return page;
}

const shown = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);

async function run(page: Page, name: string): Promise<void> {
  const study = syntheticStudy(name, { trials: 3, durationMs: 400 });
  await ask(page, 'startStudy', { study, workers: null });
  await railStudy(page, name, text.studyStates.finished).waitFor();
}

describe('Settings: notifications in browsers', () => {
  it(
    'shows one at the end of a study while the page is not in front, until they are turned off',
    async () => {
      const page = await withNotifications('granted');
      await run(page, 'notified');
      await expect
        .poll(() => shown(page), patient)
        .toEqual([expect.stringMatching(/^notified has ended: 3 trials, best [\d.]+$/)]);
      await choice(page, words.notifications, words.off).click();
      await run(page, 'not notified');
      expect(await shown(page)).toHaveLength(1);
    },
    LONG,
  );

  it(
    'stays off and says why where the browser refuses',
    async () => {
      const page = await withNotifications('denied');
      await page.getByRole('alert').getByText(words.notificationsRefused).waitFor();
      expect(await choice(page, words.notifications, words.off).isChecked()).toBe(true);
    },
    LONG,
  );
});
