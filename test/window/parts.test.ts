/** Tests what the window shows of trials that train in parts: with pauses, or as a population. */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { at } from '../../src/core/at.ts';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { parameter } from '../../src/renderer/format.ts';
import { text } from '../../src/renderer/text.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import {
  PATIENCE,
  ask,
  patient,
  railStudy,
  select,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab({ workers: 2 });
const LONG = 4 * PATIENCE;

function inParts(name: string, trials: number, changes: Partial<StudyFile>): StudyFile {
  const objective = { kind: 'synthetic', function: 'sphere', durationMs: 60, epochs: 9 } as const;
  return { ...syntheticStudy(name, { trials, durationMs: 60 }), objective, ...changes };
}

function trialsOf(study: string): TrialRecord[] {
  const reader = readLab(lab.folder.file('lab.db'));
  try {
    return [...reader.trials(study)];
  } finally {
    reader.close();
  }
}

const pane = (page: Page, trial: number): Locator =>
  page
    .getByRole('complementary')
    .filter({ has: page.getByRole('heading', { name: text.inspector.trial({ trial }) }) });

describe('Window: trials that train in parts', () => {
  it(
    'says after which epoch a trial is paused, in its pane and story, and in the table of attempts',
    async () => {
      const { page, complaints } = await lab.window();
      const study = inParts('halving', 120, {
        sampler: { name: 'random' },
        pruner: { name: 'asha-promotion', first: 1, eta: 3 },
      });
      const key = await startInFront(page, study, 'lab');
      const paused = (): TrialRecord[] =>
        // Not trials whose attempt the pause of the study has sent back to the queue.
        trialsOf('halving').filter((trial) => trial.pausedAfter !== undefined);
      const atSecondRung = (): TrialRecord | undefined =>
        paused().find(({ pausedAfter }) => pausedAfter === 3);
      await expect.poll(atSecondRung, patient).toBeDefined();
      await ask(page, 'pauseStudy', { study: key });
      await railStudy(page, 'halving', text.studyStates.paused).waitFor();
      const { number, pausedAfter = 0 } = atSecondRung() ?? at(paused(), 0);
      await select(page, number);
      const state = text.inspector.pausedAfter({ epoch: pausedAfter });
      await pane(page, number).getByText(state, { exact: true }).waitFor();
      expect(pausedAfter).toBe(3);
      await page.getByText(text.inspector.story, { exact: true }).click();
      await page.getByText(text.details, { exact: true }).click();
      const events = page.getByRole('list', { name: text.inspector.events });
      await events
        .getByText(/paused after epoch \d/)
        .first()
        .waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: text.commands.title }).fill(text.commands.table);
      await page.keyboard.press('Enter');
      const attempts = page
        .getByRole('row')
        .filter({ has: page.getByRole('button', { name: String(number), exact: true }) });
      await attempts.getByRole('cell', { name: 'paused at a rung', exact: true }).first().waitFor();
      await page.getByRole('tab', { name: text.tabs.trials }).click();
      const all = paused();
      const chip = page.getByRole('button', {
        name: `${text.states.paused} ${all.length}`,
        exact: true,
      });
      await chip.waitFor();
      await page.getByRole('searchbox', { name: text.trials.filter }).fill(text.states.paused);
      await page
        .getByText(text.trials.matching({ rows: all.length, of: trialsOf('halving').length }))
        .waitFor();
      const rows = page.locator('[role="row"][id^="trial-row-"]');
      for (const row of await rows.all())
        await row.getByRole('gridcell', { name: text.states.paused, exact: true }).waitFor();
      // Its three reports are drawn as a curve, in the table and in its pane.
      await page.locator(`#trial-row-${number} svg[width="52"]`).waitFor();
      const curveLabel = text.inspector.curveLabel({ trial: number, epochs: 3 });
      await pane(page, number).getByRole('img', { name: curveLabel }).waitFor();
      await page.getByRole('searchbox', { name: text.trials.filter }).fill('');
      await chip.click();
      await expect
        .poll(() => rows.filter({ hasText: text.states.paused }).count(), patient)
        .toBe(0);
      await chip.click();
      await page.getByRole('tab', { name: text.tabs.evolution }).click();
      await page.getByText(chartText.evolution.atRung, { exact: true }).waitFor();

      await ask(page, 'resumeStudy', { study: key });
      await untilEnded(page, 24);
      expect(trialsOf('halving').some(({ state }) => state === 'complete')).toBe(true);
      expect(complaints).toEqual([]);
    },
    LONG,
  );

  it(
    'shows the parameters by epoch of a member of a population, along the trials that it went on from',
    async () => {
      const { page, complaints } = await lab.window();
      const study = inParts('population', 36, {
        searchSpace: { x: { type: 'float', low: -1, high: 1 } },
        sampler: { name: 'pbt', population: 4 },
      });
      await startInFront(page, study, 'evolution');
      await untilEnded(page, 36);
      const trials = trialsOf('population');
      const schedules = trials.map(({ number }) => scheduleOf(trials, number));
      const longest = schedules.toSorted((a, b) => b.length - a.length)[0] ?? [];
      expect(longest.length).toBeGreaterThan(1);
      await select(page, schedules.indexOf(longest));
      await page.getByRole('heading', { name: text.inspector.schedule, exact: true }).waitFor();
      const table = page
        .getByRole('table')
        .filter({ has: page.getByRole('columnheader', { name: text.inspector.fromEpoch }) });
      const rows = await table
        .locator('tbody tr')
        .evaluateAll((all) =>
          all.map((row) => Array.from(row.children, (cell) => cell.textContent.trim())),
        );
      expect(rows).toEqual(longest.map(([epoch, x]) => [String(epoch), parameter(x)]));
      // No study of one trial repeats it, and its members are trained to their end.
      for (const name of [text.inspector.again, /^Add \d+ trials$/])
        expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0);
      // A trial of the first round has one entry.
      await select(page, 0);
      await expect.poll(() => table.locator('tbody tr').count(), patient).toBe(1);
      expect(complaints).toEqual([]);
    },
    LONG,
  );
});

/** First epochs and values of x of a trial's training, from its parents alone. */
function scheduleOf(trials: readonly TrialRecord[], trial: number): (readonly [number, number])[] {
  const entries: (readonly [number, number])[] = [];
  for (let number: number | undefined = trial; number !== undefined;) {
    const { params, origin }: TrialRecord = at(trials, number);
    entries.unshift([(origin?.generation ?? 0) + 1, Number(params['x'])]);
    number = origin?.parents[0];
  }
  return entries.filter(([, x], i) => x !== entries[i - 1]?.[1]);
}
