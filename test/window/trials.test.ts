/**
 * Tests the table of 5,000 trials of a lab file: query, sorting, hidden states, new trials during
 * reading, and the story of a row.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import type { Write } from '../../src/core/scheduling/index.ts';
import { count } from '../../src/renderer/format.ts';
import { text } from '../../src/renderer/text.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { missingChromium } from '../support/chromium.ts';
import { UID, endAttempt, endTrial, plainPoint, plainSpec, start } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { PATIENCE, patient, railStudy, select, windowLab } from '../support/window.ts';

const TRIALS = 5000;
const LONG = 3 * PATIENCE;
const name = plainSpec.name;
const fails = (number: number): boolean => number % 50 === 49;
const FAILED = TRIALS / 50;

/** What the model predicted of trial 42. */
const prediction = { value: 4960, low: 4900, high: 5020, logExpectedImprovement: 0 };

/** Values fall with the number, so that the last trial is the best. */
function writeStudy(path: string): void {
  const limits = { trials: 2 * TRIALS, activeMs: null, target: null };
  const spec = {
    ...plainSpec,
    objective: { kind: 'synthetic' as const, function: 'sphere' as const, durationMs: 50 },
  };
  const proposals: Write[][] = [[{ op: 'study', uid: UID, spec, limits, limit: limits.trials }]];
  const ends: Write[][] = [];
  for (let number = 0; number < TRIALS; number++) {
    const founder = number < 20;
    const origin = {
      operator: founder ? 'uniform' : 'mutation',
      parents: founder ? [] : [number - 20],
      generation: Math.floor(number / 20),
      ...(number === 42 ? { prediction } : {}),
    };
    proposals.push([
      {
        op: 'proposal',
        uid: UID,
        number,
        params: plainPoint(number),
        origin,
        historyLength: number,
      },
    ]);
    const failed = { state: 'failed', outcome: 'crashed', value: NaN } as const;
    const ended = endAttempt(number, 1, fails(number) ? 'crashed' : 'succeeded', TRIALS - number);
    if (ended.op !== 'attemptEnded' || ended.result === null) throw new Error('expected a result');
    ends.push([
      {
        ...ended,
        result: {
          ...ended.result,
          metrics: { energy: 0.5 + number },
          ...(fails(number) ? { error: `out of paper in trial ${number}` } : {}),
        },
      },
      endTrial(number, {
        finishSeq: number,
        value: TRIALS - number,
        ...(fails(number) ? failed : {}),
      }),
    ]);
  }
  const lab = openLab(path, { create: true });
  lab.commit(proposals);
  lab.commit(ends.map((_, number) => [start(number)]));
  lab.commit(ends);
  const attempt = { study: UID, number: 42, attemptNumber: 2 };
  lab.commit([
    [{ op: 'auditStarted', attempt, slot: 'n1/cpu/0' }],
    [
      {
        op: 'auditEnded',
        attempt,
        outcome: 'succeeded',
        value: 5,
        verdict: 'differs',
        difference: { metric: 'loss', value: TRIALS - 42, found: 5 },
        executor: 'wasm',
        detail: null,
        ms: 10,
      },
    ],
  ]);
  lab.close();
}

const folder = temporaryFolder();
beforeAll(() => {
  if (missingChromium() === null) writeStudy(folder.file('lab.db'));
});
const lab = windowLab({ folder });

const grid = (page: Page): Locator => page.getByRole('grid');
const filter = (page: Page): Locator => page.getByRole('searchbox', { name: text.trials.filter });
const rowsSaid = (page: Page, rows: number) =>
  expect.poll(async () => grid(page).getAttribute('aria-rowcount'), patient).toBe(String(rows + 1));
/** Numbers of the visible rows, from the top. */
const numbers = (page: Page): Promise<number[]> =>
  page.locator('[id^="trial-row-"]').evaluateAll((rows) =>
    rows
      .map((row) => ({
        number: Number(row.id.slice('trial-row-'.length)),
        at: row.getBoundingClientRect().top,
      }))
      .sort((a, b) => a.at - b.at)
      .map(({ number }) => number),
  );
const topRow = async (page: Page, number: number) =>
  expect.poll(async () => (await numbers(page))[0], patient).toBe(number);

/** Returns true if the trial's row lies completely between the header and the foot of the table. */
const isWhole = (page: Page, trial: number): Promise<boolean> =>
  page.evaluate((id) => {
    const box = document.querySelector('[role=grid]')?.getBoundingClientRect();
    const row = document.getElementById(id)?.getBoundingClientRect();
    if (box === undefined || row === undefined) return false;
    return row.top >= box.top + 28 && row.bottom <= box.bottom + 1;
  }, `trial-row-${trial}`);

async function table(): Promise<Page> {
  const { page } = await lab.window();
  await page.getByRole('tab', { name: text.tabs.trials }).click();
  await rowsSaid(page, TRIALS);
  return page;
}

describe('Window: trials table', () => {
  it(
    'contains only the visible rows, newest first, and sorts by the header of a column',
    async () => {
      const page = await table();
      await topRow(page, TRIALS - 1);
      expect((await numbers(page)).length).toBeLessThan(100);
      const value = page.getByRole('columnheader', {
        name: text.trials.value({ metric: 'value', split: null }),
      });
      await value.getByRole('button').click();
      const first = await value.getAttribute('aria-sort');
      expect(['ascending', 'descending']).toContain(first);
      // Failed trials have no value and are last in either direction.
      await topRow(page, first === 'ascending' ? TRIALS - 2 : 0);
      await value.getByRole('button').click();
      await topRow(page, first === 'ascending' ? 0 : TRIALS - 2);
    },
    LONG,
  );

  it(
    'shows the trials that match the query, and explains an invalid query',
    async () => {
      const page = await table();
      await filter(page).fill('value < 100.5');
      await rowsSaid(page, 100 - 2);
      await filter(page).fill('# < 10');
      await rowsSaid(page, 10);
      expect(new Set(await numbers(page))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
      await filter(page).fill('value < many');
      await page
        .getByRole('status')
        .filter({ hasText: 'value < many: expected a number after <, found many.' })
        .waitFor();
      expect(await filter(page).getAttribute('aria-invalid')).toBe('true');
      await filter(page).fill('');
      await rowsSaid(page, TRIALS);
    },
    LONG,
  );

  it(
    'shows a metric that trials have with its unit, in a column that the user chooses',
    async () => {
      const page = await table();
      const header = page.getByRole('columnheader', { name: text.trials.metrics.energy });
      expect(await header.count()).toBe(0);
      await page.getByRole('button', { name: text.trials.chooseColumns }).click();
      await page.getByRole('checkbox', { name: text.trials.metrics.energy }).check();
      await page.keyboard.press('Escape');
      await header.waitFor();
      await filter(page).fill('# = 84');
      await page.locator('#trial-row-84').getByText('84.5\u202fJ', { exact: true }).waitFor();
    },
    LONG,
  );

  it(
    'shows the energy of a trial, the total of the study, and the total in the report',
    async () => {
      const page = await table();
      // The sum of 0.5 + number.
      const joules = TRIALS * 0.5 + (TRIALS * (TRIALS - 1)) / 2;
      const total = text.inspector.energySoFar({ joules, trials: TRIALS, of: TRIALS });
      await page.getByText(total, { exact: true }).waitFor();
      await page.getByRole('button', { name: text.tabs.export, exact: true }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: text.exports.report, exact: true }).click(),
      ]);
      expect(readFileSync(await download.path(), 'utf8')).toContain(`<p>${total}</p>`);
      await filter(page).fill('# = 84');
      await page.locator('#trial-row-84').click();
      const own = text.inspector.energy({ energy: '84.5\u202fJ' });
      await page.getByText(own, { exact: true }).waitFor();
    },
    LONG,
  );

  it(
    'hides a state whose chip is pressed',
    async () => {
      const page = await table();
      const chip = page.getByRole('button', { name: `${text.states.failed} ${count(FAILED)}` });
      await chip.click();
      expect(await chip.getAttribute('aria-pressed')).toBe('false');
      await rowsSaid(page, TRIALS - FAILED);
      await page
        .getByRole('button', { name: `${text.states.complete} ${count(TRIALS - FAILED)}` })
        .click();
      await rowsSaid(page, 0);
      await page.getByText(text.trials.noneMatches).waitFor();
      await chip.click();
      await rowsSaid(page, FAILED);
    },
    LONG,
  );

  it(
    'opens the story of a trial beside it',
    async () => {
      const page = await table();
      await filter(page).fill('# = 42');
      await rowsSaid(page, 1);
      await page.locator('#trial-row-42').click();
      const inspector = page.getByRole('complementary', { name: text.inspector.label });
      await inspector
        .getByRole('heading', { level: 2, name: text.inspector.trial({ trial: 42 }) })
        .waitFor();
      const predicted = { value: '4960', low: '4900', high: '5020', improvement: '1' };
      await inspector.getByText(text.inspector.predicted(predicted), { exact: true }).waitFor();
      await inspector.getByText(text.inspector.story, { exact: true }).click();
      await inspector.getByText(/^Proposed .*succeeded after /).waitFor();
      await inspector.getByText(/^Evaluated again on .*; loss: 5 instead of 4.?958\.$/).waitFor();
      await inspector.getByText(text.details, { exact: true }).click();
      await inspector.getByText('trial 42 ended').waitFor();
    },
    LONG,
  );

  it(
    'shows first why a trial failed',
    async () => {
      const page = await table();
      await filter(page).fill('# = 49');
      await rowsSaid(page, 1);
      await page.locator('#trial-row-49').click();
      const inspector = page.getByRole('complementary', { name: text.inspector.label });
      await inspector.getByText('out of paper in trial 49', { exact: true }).waitFor();
      const [first] = await inspector.getByRole('heading', { level: 3 }).allTextContents();
      expect(first).toBe(text.inspector.error);
    },
    LONG,
  );

  it(
    'scrolls to the whole row of the selected trial, from whichever view the selection comes',
    async () => {
      const page = await table();
      await page.getByRole('tab', { name: text.tabs.evolution }).click();
      await select(page, 1_234);
      await page.getByRole('tab', { name: text.tabs.trials }).click();
      await rowsSaid(page, TRIALS);
      await expect.poll(() => isWhole(page, 1_234), patient).toBe(true);
      await select(page, 4_321);
      await expect.poll(() => isWhole(page, 4_321), patient).toBe(true);
      // With keys to the foot: the last row is not cut.
      await grid(page).focus();
      await page.keyboard.press('End');
      await expect.poll(() => isWhole(page, 0), patient).toBe(true);
    },
    LONG,
  );

  it(
    'says that the filters hide the selected trial, and shows it once they are cleared',
    async () => {
      const page = await table();
      await filter(page).fill('# < 10');
      await rowsSaid(page, 10);
      await page
        .getByRole('status')
        .filter({ hasText: text.trials.matching({ rows: 10, of: TRIALS }) })
        .waitFor();
      await select(page, 2_500);
      await page.getByText(text.trials.hidden({ trial: 2_500 })).waitFor();
      await page.getByRole('button', { name: text.trials.clearToShow({ trial: 2_500 }) }).click();
      await rowsSaid(page, TRIALS);
      await expect.poll(() => isWhole(page, 2_500), patient).toBe(true);
      expect(await page.getByText(text.trials.hidden({ trial: 2_500 })).count()).toBe(0);
    },
    LONG,
  );

  it(
    'keeps a long query readable, also after a change of tabs',
    async () => {
      const page = await table();
      const query = 'value >= 10, value <= 2000, # > 3100, x > -1, # != 4000';
      await filter(page).fill(query);
      await page
        .getByRole('status')
        .filter({ hasText: /^\d[\d,]* of 5,000 trials match$/ })
        .waitFor();
      expect(await filter(page).evaluate((field) => field.scrollWidth <= field.clientWidth)).toBe(
        true,
      );
      await page.getByRole('tab', { name: text.tabs.curves }).click();
      await page.getByRole('tab', { name: text.tabs.trials }).click();
      expect(await filter(page).inputValue()).toBe(query);
    },
    LONG,
  );

  it(
    'keeps the visible rows in place while trials arrive, and shows new ones on request',
    async () => {
      const page = await table();
      await grid(page).evaluate((element) => (element.scrollTop = 2800));
      await topRow(page, TRIALS - 1 - 100 + 6);
      // At the foot a row becomes visible when the bar with the request is gone.
      const read = (await numbers(page)).slice(0, 20);
      await page
        .locator('header')
        .getByRole('button', { name: text.header.resume, exact: true })
        .click();
      await railStudy(page, name, text.studyStates.running).waitFor();
      const show = page.getByRole('button', { name: /new, show$/ });
      await show.waitFor();
      expect((await numbers(page)).slice(0, 20)).toEqual(read);
      await page
        .locator('header')
        .getByRole('button', { name: text.header.pause, exact: true })
        .click();
      await railStudy(page, name, text.studyStates.paused).waitFor();
      await show.click();
      await show.waitFor({ state: 'detached' });
      await grid(page).evaluate((element) => (element.scrollTop = 0));
      await expect
        .poll(async () => (await numbers(page))[0] ?? 0, patient)
        .toBeGreaterThanOrEqual(TRIALS);
    },
    LONG,
  );
});
