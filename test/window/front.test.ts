/** Tests Evolution of a study with several objectives: the scatter plot and the hypervolume. */
import { describe, expect, it } from 'vitest';
import { front as words } from '../../src/renderer/text/front.ts';
import { text } from '../../src/renderer/text.ts';
import { ask, PATIENCE, railStudy, syntheticStudy, windowLab } from '../support/window.ts';

const lab = windowLab();
const name = 'two objectives';

describe('Window: several objectives', () => {
  it(
    'shows the front, selects a trial of it by click, and shows how the hypervolume grew',
    async () => {
      const { page } = await lab.window();
      await page.getByRole('button', { name: text.start.mnistButton }).waitFor();
      const { study } = await ask(page, 'startStudy', {
        study: {
          ...syntheticStudy(name, { trials: 40, durationMs: 0 }),
          objective: { kind: 'synthetic', function: 'binh-korn' },
          direction: 'minimize',
          objectives: [
            { metric: 'f1', direction: 'minimize' },
            { metric: 'f2', direction: 'minimize' },
          ],
          constraints: { c1: { 'at most': 25 } },
          searchSpace: {
            x: { type: 'float', low: 0, high: 5 },
            y: { type: 'float', low: 0, high: 3 },
          },
          sampler: { name: 'nsga2' },
        },
        workers: null,
      });
      await page.goto(`${lab.served.origin}/#/study/${study}/evolution`);
      await railStudy(page, name, text.studyStates.finished).waitFor();
      const section = page.getByRole('region', { name: words.title });
      const found = await ask(page, 'front', { study });
      const { front, trials } = found as unknown as Record<'front' | 'trials', number[]>;
      await section
        .getByText(words.summary({ front: front.length, trials: trials.length }))
        .waitFor();
      expect(trials).toHaveLength(40);
      expect(await section.locator('circle.front').count()).toBe(front.length);
      expect(await section.locator('circle').count()).toBe(40);
      await section
        .getByRole('button', { name: new RegExp(`^Trial ${front[0]!}:`) })
        .press('Enter');
      const chosen = section.locator('circle.selected');
      await chosen.waitFor();
      expect(await chosen.getAttribute('aria-label')).toMatch(`Trial ${front[0]!}: f1 `);
      // Trials are placed by the first objective, which the pane and the list name.
      await page.getByText(`f1, ${text.inspector.standing.front}`).waitFor();
      await page.keyboard.press('Escape');
      await page
        .getByText(`${text.inspector.front({ front: front.length })}, f1`, { exact: true })
        .waitFor();
      await section.getByText(/^Hypervolume \d+/).waitFor();
    },
    3 * PATIENCE,
  );
});
