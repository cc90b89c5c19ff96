/**
 * Tests a running study in the window: pausing, resuming, stopping, extending, a reload, a server
 * that is killed, two windows.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import {
  PATIENCE,
  ended,
  patient,
  railStudy,
  select,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab();
const LONG = 4 * PATIENCE;
/** More trials than end before a window that gets no time stops their study. */
const TRIALS = 5_000;

/** Starts a study and opens it in a window. */
async function begin(page: Page, name: string, tab = 'trials'): Promise<string> {
  return startInFront(page, syntheticStudy(name, { trials: TRIALS, durationMs: 150 }), tab);
}

/** A button of the study's header; the device strip offers some of them too. */
const act = (page: Page, name: string) =>
  page.locator('header').getByRole('button', { name, exact: true });
const selected = (page: Page) =>
  page
    .getByRole('complementary', { name: text.inspector.label })
    .getByRole('heading', { level: 2 });
const runs = (page: Page) => page.getByText(/^[1-9]\d* running$/);

describe('Window: a running study', () => {
  let studies = 0;
  let name = '';
  beforeEach(() => (name = `study ${++studies}`));

  it(
    'is paused without running trials left, and resumed',
    async () => {
      const { page, complaints } = await lab.window();
      await begin(page, name);
      await untilEnded(page, 3);
      await act(page, text.header.pause).click();
      await railStudy(page, name, text.studyStates.paused).waitFor();
      await runs(page).waitFor({ state: 'detached' });
      const held = await ended(page);
      await act(page, text.header.resume).click();
      await railStudy(page, name, text.studyStates.running).waitFor();
      await untilEnded(page, held + 3);
      expect(complaints).toEqual([]);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
    },
    LONG,
  );

  it(
    'is stopped, and continues to the new limit when trials are added',
    async () => {
      const { page } = await lab.window();
      await begin(page, name);
      await untilEnded(page, 2);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
      const held = await ended(page);
      await act(page, text.header.add({ trials: 32 })).click();
      await page
        .locator('header')
        .getByText(text.header.ofTrials({ of: TRIALS + 32 }))
        .waitFor();
      await untilEnded(page, held + 5);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
    },
    LONG,
  );

  it(
    'says where it was stopped, and resumes the remaining trials to its limit',
    async () => {
      const { page } = await lab.window();
      await begin(page, name, 'evolution');
      await untilEnded(page, 6);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
      const held = await ended(page);
      await page
        .getByRole('status')
        .getByText(text.frame.stopped({ ended: held, of: TRIALS }))
        .first()
        .waitFor();
      const stoppedAt = text.header.stoppedAt({ ended: held, of: TRIALS });
      await page.locator('header').getByText(stoppedAt, { exact: true }).waitFor();
      await act(page, text.header.resumeRemaining({ remaining: TRIALS - held })).click();
      await railStudy(page, name, text.studyStates.running).waitFor();
      await untilEnded(page, held + 5);
      await page.getByText(/^Diversity: (low|medium|high)$/).waitFor();
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
    },
    LONG,
  );

  it(
    'keeps its place and selection after a reload, and its counts increase',
    async () => {
      const { page } = await lab.window();
      await begin(page, name);
      await untilEnded(page, 4);
      await select(page, 1);
      await selected(page)
        .filter({ hasText: text.inspector.trial({ trial: 1 }) })
        .waitFor();
      const held = await ended(page);
      const place = page.url();
      await page.reload();
      await selected(page)
        .filter({ hasText: text.inspector.trial({ trial: 1 }) })
        .waitFor();
      expect(page.url()).toBe(place);
      expect(await page.getByRole('tab', { selected: true }).textContent()).toContain(
        text.tabs.trials,
      );
      await untilEnded(page, held + 3);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
    },
    LONG,
  );

  it(
    'is shown in two windows, each with its own selection',
    async () => {
      const [one, other] = await Promise.all([lab.window(), lab.window()]);
      const study = await begin(one.page, name);
      await other.page.evaluate((hash) => (location.hash = hash), `#/study/${study}/trials`);
      await Promise.all([untilEnded(one.page, 4), untilEnded(other.page, 4)]);
      await select(one.page, 0);
      await select(other.page, 2);
      await selected(one.page)
        .filter({ hasText: text.inspector.trial({ trial: 0 }) })
        .waitFor();
      await selected(other.page)
        .filter({ hasText: text.inspector.trial({ trial: 2 }) })
        .waitFor();
      // An action in one window is visible in the other.
      await act(other.page, text.header.pause).click();
      await Promise.all(
        [one, other].map(({ page }) => railStudy(page, name, text.studyStates.paused).waitFor()),
      );
      await expect
        .poll(async () => (await ended(one.page)) === (await ended(other.page)), patient)
        .toBe(true);
      expect(await selected(one.page).textContent()).toBe(text.inspector.trial({ trial: 0 }));
      await act(one.page, text.header.stop).click();
      await Promise.all(
        [one, other].map(({ page }) => railStudy(page, name, text.studyStates.stopped).waitFor()),
      );
    },
    LONG,
  );

  it(
    'survives the kill of a server: the window reports it, reconnects, and offers to resume',
    async () => {
      const { page } = await lab.window();
      await begin(page, name);
      await untilEnded(page, 3);
      await lab.kill();
      await page.getByText(/^Connection lost .* ago/).waitFor();
      const held = await ended(page);
      expect(held).toBeGreaterThanOrEqual(3);
      await lab.again();
      await page.getByText(/^Connection lost .* ago/).waitFor({ state: 'detached' });
      await page.getByText(text.frame.interrupted({ names: [name] })).waitFor();
      await page.getByRole('button', { name: text.frame.leave }).waitFor();
      await page
        .locator('.bar')
        .getByRole('button', { name: text.frame.resume({ studies: 1 }), exact: true })
        .click();
      await railStudy(page, name, text.studyStates.running).waitFor();
      await page
        .getByText(text.frame.interrupted({ names: [name] }))
        .waitFor({ state: 'detached' });
      await untilEnded(page, held + 2);
      await act(page, text.header.stop).click();
      await railStudy(page, name, text.studyStates.stopped).waitFor();
    },
    LONG,
  );
});
