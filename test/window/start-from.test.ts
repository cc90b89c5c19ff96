/** Tests that a study set up in the window starts from the trials of another search. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { text } from '../../src/renderer/text.ts';
import { startFrom as words } from '../../src/renderer/text/start-from.ts';
import { PATIENCE, railStudy, startInFront, syntheticStudy, windowLab } from '../support/window.ts';

const lab = windowLab();
const FIRST = 'the first search';

/** Opens the page with this study, as typed on its JSON side. */
async function setUp(page: Page, study: StudyFile): Promise<void> {
  await page.goto(`${lab.served.origin}/#/new`);
  await page.getByRole('radio', { name: text.setUp.json, exact: true }).click();
  await page
    .getByRole('textbox', { name: text.setUp.json, exact: true })
    .fill(JSON.stringify(study));
  await page.getByRole('radio', { name: text.setUp.form, exact: true }).click();
}

async function choose(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('menuitem', { name: FIRST, exact: true }).click();
}

describe('Window: start from', () => {
  it(
    "lists what does not fit, follows edits, starts from another study, and marks it in the study's legend",
    async () => {
      const { page } = await lab.window();
      await page.getByRole('button', { name: text.start.mnistButton }).waitFor();
      const first = syntheticStudy(FIRST, { trials: 12, durationMs: 0 });
      await startInFront(page, first, 'evolution');
      await railStudy(page, FIRST, text.studyStates.finished).waitFor();
      const { kind, ...space } = first.searchSpace;
      const second: StudyFile = {
        ...first,
        name: 'the second search',
        searchSpace: { ...space, x: { type: 'float', low: -0.5, high: 1 } },
        stop: { trials: 4 },
      };
      expect(kind).toBeDefined();
      await setUp(page, second);
      const part = page.getByRole('region', { name: words.title, exact: true });
      await part.getByText(words.none).waitFor();
      await choose(page, words.add);
      await part.getByText(/^starts from \d+ of 12 trials$/).waitFor();
      await part.getByText(/^x: \d+ trials? left out, outside -0.5 to 1, for example -/).waitFor();
      await part.getByText(/^kind: ignored in \d+ trials, not a parameter/).waitFor();
      // The other direction: values do not become those of the other kind.
      await setUp(page, { ...second, direction: 'maximize' });
      await part
        .getByRole('alert')
        .filter({ hasText: 'direction: expected values to maximize' })
        .waitFor();
      await page.getByRole('button', { name: words.remove({ name: FIRST }), exact: true }).click();
      await part.getByText(words.none).waitFor();
      await setUp(page, second);
      await choose(page, words.add);
      await part.getByText(/^starts from \d+ of 12 trials$/).waitFor();
      await page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) }).click();
      await page.getByRole('heading', { level: 1, name: second.name, exact: true }).waitFor();
      await page.getByText(/^started from \d+ trials of the first search in /).waitFor();
    },
    4 * PATIENCE,
  );
});
