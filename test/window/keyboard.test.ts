/**
 * Tests the window without a pointer and with assistive technology: keys, tab order, axe-core,
 * reduced motion.
 */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { looker, violations } from '../support/axe.ts';
import { walk } from '../support/walk-window.ts';
import {
  PATIENCE,
  patient,
  railStudy,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';
import type { SeenWindow } from '../support/window.ts';

const lab = windowLab();
const LONG = 4 * PATIENCE;
let studies = 0;

/** A window with a study of some trials; `trials` more than have run remain. */
async function withStudy(
  options: Parameters<typeof lab.window>[0] = {},
  trials = 24,
): Promise<SeenWindow & { readonly name: string }> {
  const window = await lab.window(options);
  const name = `keys ${++studies}`;
  const study = syntheticStudy(name, { trials, durationMs: 40 });
  await startInFront(window.page, study, 'trials');
  await untilEnded(window.page, Math.min(trials, 24));
  return { ...window, name };
}

const startButton = (page: Page) =>
  page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) });

describe.each(['light', 'dark'] as const)(
  'Window: accessibility in the %s scheme',
  (colorScheme) => {
    it(
      'has no axe-core violation in any view, with a trial selected and without',
      async () => {
        const { page } = await withStudy({ colorScheme });
        const { found, look } = looker(page);
        await look('population');
        await page.keyboard.press('b');
        await page.getByRole('heading', { level: 2, name: /^Trial \d+/ }).waitFor();
        const seen = await walk(page, async (view) => {
          // Start is enabled, and its colours are final, once the study has been checked.
          if (view === text.rail.newStudy)
            await expect.poll(() => startButton(page).isEnabled(), patient).toBe(true);
          await look(view);
        });
        expect(seen.length).toBeGreaterThanOrEqual(9);
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: text.keys.title }).waitFor();
        await look('keys');
        expect(found).toEqual({});
      },
      LONG,
    );

    it(
      'has no axe-core violation in set-up, with layers as rows, with errors and as JSON',
      async () => {
        const { page } = await lab.window({ colorScheme, at: '#/new' });
        const { found, look } = looker(page);
        await expect.poll(() => startButton(page).isEnabled(), patient).toBe(true);
        await page.getByText(text.setUp.lanes, { exact: true }).waitFor();
        await look('estimate');
        await page.getByRole('button', { name: text.setUp.editLayers }).click();
        await look('layers');
        await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).fill('0');
        await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
        await look('errors');
        await page
          .getByRole('radiogroup', { name: text.setUp.mode })
          .getByRole('radio', { name: text.setUp.json })
          .click();
        await page.getByRole('textbox', { name: text.setUp.json, exact: true }).waitFor();
        await look('JSON');
        expect(found).toEqual({});
      },
      LONG,
    );

    it(
      'has no axe-core violation in the first start',
      async () => {
        const { page } = await lab.window({ colorScheme, at: '#/start' });
        await page.getByRole('heading', { level: 1, name: text.start.title }).waitFor();
        expect(await violations(page)).toEqual([]);
      },
      LONG,
    );
  },
);

/** Focusable elements of an area that Tab skipped on its way through the window. */
async function passedOver(page: Page, area: string): Promise<string[]> {
  await page.evaluate(() => {
    const { active } = { active: document.activeElement };
    if (active instanceof HTMLElement) active.blur();
    Object.assign(globalThis, { reached: new Set<Element>() });
  });
  const most = await page.evaluate(
    () =>
      document.querySelectorAll('button, input, select, textarea, a, summary, [tabindex]').length,
  );
  for (let i = 0; i <= most; i++) {
    await page.keyboard.press('Tab');
    const again = await page.evaluate(() => {
      const { reached } = globalThis as unknown as { reached: Set<Element> };
      const now = document.activeElement;
      if (now === null || now === document.body) return reached.size > 0;
      if (reached.has(now)) return true;
      reached.add(now);
      return false;
    });
    if (again) break;
  }
  return page.locator(area).evaluate((root) => {
    const { reached } = globalThis as unknown as { reached: Set<Element> };
    return [
      ...root.querySelectorAll<HTMLElement>(
        'button, input, select, textarea, a[href], summary, [tabindex="0"]',
      ),
    ]
      .filter(
        (element) =>
          element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility(),
      )
      .filter((element) => !reached.has(element))
      .map((element) => element.outerHTML.slice(0, 160));
  });
}

describe('Window: keyboard', () => {
  it(
    'reaches every tab, the filter, the table and the set-up form',
    async () => {
      const { page } = await withStudy();
      // Appears last when a study has ended: the action against idle workers.
      await page.locator('button.act').waitFor();
      expect(await passedOver(page, 'body')).toEqual([]);
      const names = await page.getByRole('tab').evaluateAll((tabs) => tabs.map(({ id }) => id));
      const at = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
      await page.locator('#tab-trials').focus();
      const visited = new Set<string>();
      while (visited.size < names.length) {
        const before = visited.size;
        await page.keyboard.press('ArrowRight');
        visited.add(await at());
        expect(visited.size).toBe(before + 1);
        expect(await page.getByRole('tab', { selected: true }).getAttribute('id')).toBe(await at());
      }
      expect(visited).toEqual(new Set(names));

      await page.evaluate(() => (location.hash = '#/new'));
      await expect
        .poll(
          () =>
            page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) }).isEnabled(),
          patient,
        )
        .toBe(true);
      expect(await passedOver(page, 'main')).toEqual([]);
    },
    LONG,
  );

  it(
    'changes the tab by numbers, the trial by J and K, the row by arrows, and clears the selection by Esc',
    async () => {
      const { page } = await withStudy();
      const heading = page
        .getByRole('complementary', { name: text.inspector.label })
        .getByRole('heading', { level: 2 });
      const trialIs = (trial: number) =>
        heading.filter({ hasText: new RegExp(`^${text.inspector.trial({ trial })}$`) }).waitFor();
      // Waits for all rows, which a worker thread sorts.
      await page.locator('[role="grid"][aria-rowcount="25"]').waitFor();
      // Newest first.
      await page.keyboard.press('j');
      await trialIs(23);
      await page.keyboard.press('j');
      await trialIs(22);
      await page.keyboard.press('k');
      await trialIs(23);
      await page.getByRole('grid').focus();
      await page.keyboard.press('ArrowDown');
      await trialIs(22);
      await page.keyboard.press('End');
      await trialIs(0);
      await page.keyboard.press('Escape');
      await heading
        .filter({ hasText: new RegExp(`^${text.inspector.trial({ trial: 0 })}$`) })
        .waitFor({ state: 'detached' });
      const tabs = await page.getByRole('tab').evaluateAll((all) => all.map(({ id }) => id));
      const every = ['tab-evolution', 'tab-space', 'tab-curves', 'tab-trials', 'tab-lab'];
      for (const id of tabs) {
        await page.keyboard.press(String(every.indexOf(id) + 1));
        await page.locator(`#${id}[aria-selected="true"]`).waitFor();
      }
    },
    LONG,
  );

  it(
    'lists the keys by ?, opens the commands by Ctrl K, and pauses and resumes by Space',
    async () => {
      const { page, name } = await withStudy({}, 5000);
      await page.keyboard.press('Space');
      await railStudy(page, name, text.studyStates.paused).waitFor();
      await page.keyboard.press('Space');
      await railStudy(page, name, text.studyStates.running).waitFor();
      await page.keyboard.press('?');
      const sheet = page.getByRole('dialog', { name: text.keys.title });
      await sheet.getByText(text.commands.space).waitFor();
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
      // The rail also lists the keys, for users who do not know `?`.
      await page
        .getByRole('navigation', { name: text.rail.label })
        .getByRole('button', { name: text.commands.keys })
        .click();
      await sheet.getByText(text.commands.space).waitFor();
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: text.commands.title }).fill(text.commands.stop);
      await page.keyboard.press('Enter');
      await railStudy(page, name, text.studyStates.stopped).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: text.commands.title }).fill('7');
      await page.getByRole('option', { name: text.commands.trial({ trial: 7 }) }).waitFor();
      await page.keyboard.press('Enter');
      await page
        .getByRole('heading', { level: 2, name: text.inspector.trial({ trial: 7 }), exact: true })
        .waitFor();
    },
    LONG,
  );
});

it(
  'animates nothing with reduced motion',
  async () => {
    const { page } = await withStudy({ reducedMotion: 'reduce' }, 200);
    const moving = (): Promise<string[]> =>
      page.evaluate(() =>
        document
          .getAnimations()
          .filter(
            ({ playState, effect }) =>
              playState === 'running' &&
              Number(effect?.getComputedTiming().activeDuration ?? 0) > 1,
          )
          .map(({ effect }) =>
            effect instanceof KeyframeEffect ? (effect.target?.outerHTML.slice(0, 120) ?? '') : '',
          ),
      );
    await walk(page, async () => expect(await moving()).toEqual([]));
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: text.commands.title }).waitFor();
    expect(await moving()).toEqual([]);
  },
  LONG,
);
