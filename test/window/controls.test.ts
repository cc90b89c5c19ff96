/**
 * Tests controls beside the charts: narrowing to brushed ranges, the value axis, actions on a
 * finished or failed study.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import { text } from '../../src/renderer/text.ts';
import {
  PATIENCE,
  ask,
  patient,
  railStudy,
  select,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab({ workers: 2 });
const LONG = 3 * PATIENCE;
const button = (page: Page, name: string) =>
  page.locator('main').getByRole('button', { name, exact: true });
const json = (page: Page) => page.getByRole('textbox', { name: text.setUp.json, exact: true });

let studies = 0;
let name = '';
beforeEach(() => (name = `controls ${++studies}`));

async function withStudy(study: StudyFile, tab: string, trials: number): Promise<Page> {
  const { page } = await lab.window();
  const { study: key } = await ask(page, 'startStudy', { study, workers: null });
  await page.evaluate((hash) => (location.hash = hash), `#/study/${key}/${tab}`);
  await page.getByRole('heading', { level: 1, name: study.name, exact: true }).waitFor();
  await untilEnded(page, trials);
  return page;
}

/** The study on the set-up page, as JSON. */
async function setUp(page: Page, called: string): Promise<StudyFile> {
  await expect
    .poll(
      () => page.getByRole('textbox', { name: text.setUp.name, exact: true }).inputValue(),
      patient,
    )
    .toBe(called);
  await page.getByRole('radio', { name: text.setUp.json, exact: true }).click();
  return JSON.parse(await json(page).inputValue()) as StudyFile;
}

describe('Window: brushed ranges', () => {
  it(
    'become a new study that can be started unchanged, and leave the original unchanged',
    async () => {
      const study = syntheticStudy(name, { trials: 12, durationMs: 5 });
      const page = await withStudy(study, 'space', 12);
      const narrow = button(page, chartText.space.narrow({ trials: 32 }));
      expect(await narrow.count()).toBe(0);
      // Ranges of values are not part of a search space; a range in the middle of a parameter is.
      await page
        .getByRole('slider', { name: chartText.space.axis({ name: chartText.space.value }) })
        .press('ArrowUp');
      await button(page, chartText.space.clear).waitFor();
      expect(await narrow.count()).toBe(0);
      const drawn = () =>
        page
          .locator('#view canvas')
          .first()
          .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      const before = await drawn();
      await page
        .getByRole('slider', { name: chartText.space.axis({ name: 'x' }) })
        .press('ArrowUp');
      // The chart shows the range, and trials outside it only faintly.
      await expect.poll(async () => (await drawn()) === before, patient).toBe(false);
      await narrow.click();
      const found = await setUp(page, chartText.space.narrowedName({ name }));
      expect(found).toEqual({
        ...study,
        name: found.name,
        searchSpace: { ...study.searchSpace, x: { type: 'float', low: -0.48, high: 0.52 } },
        stop: { trials: 32 },
      });
      await page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) }).click();
      await page.getByRole('heading', { level: 1, name: found.name, exact: true }).waitFor();
      await untilEnded(page, 32);
      await railStudy(page, found.name, text.studyStates.finished).waitFor();
      await railStudy(page, name, text.studyStates.finished).waitFor();
    },
    LONG,
  );
});

describe('Window: value axis', () => {
  it(
    'is chosen by keyboard, described by the chart, and kept after a reload',
    async () => {
      const page = await withStudy(
        syntheticStudy(name, { trials: 12, durationMs: 5 }),
        'evolution',
        12,
      );
      const axis = page.getByRole('combobox', { name: chartText.evolution.scale });
      expect(await axis.inputValue()).toBe('linear');
      await axis.focus();
      await page.keyboard.press(chartText.evolution.scales.log.charAt(0));
      await page.keyboard.press('o');
      await expect.poll(() => axis.inputValue(), patient).toBe('log');
      const said = chartText.evolution.yAxis({
        title: chartText.valueAxis({ metric: 'value', split: null }),
        kind: 'log',
      });
      await page.locator('#view svg').getByText(said).first().waitFor({ state: 'attached' });
      await page.reload();
      await page.locator('#view svg').getByText(said).first().waitFor({ state: 'attached' });
      expect(await axis.inputValue()).toBe('log');
    },
    LONG,
  );
});

describe('Window: actions of a study', () => {
  it(
    'are shown beside its state when it has finished',
    async () => {
      const page = await withStudy(
        syntheticStudy(name, { trials: 6, durationMs: 5 }),
        'evolution',
        6,
      );
      const { acts } = chartText.evolution;
      const view = page.locator('#view');
      const offered = view.getByRole('button', { name: acts.exportBest({ top: 5 }), exact: true });
      const [download] = await Promise.all([page.waitForEvent('download'), offered.click()]);
      expect(download.suggestedFilename()).toMatch(/\.json$/);
      // A synthetic objective has nothing to confirm.
      expect(
        await view
          .getByRole('button', { name: text.inspector.confirmBest({ top: 5 }), exact: true })
          .count(),
      ).toBe(0);
      await view
        .getByRole('button', { name: text.header.add({ trials: 32 }), exact: true })
        .click();
      await untilEnded(page, 38);
    },
    LONG,
  );

  it(
    'offer the cause and a set-up with lower sizes when all trials ran out of memory',
    async () => {
      const study: StudyFile = {
        ...syntheticStudy(name, { trials: 3, durationMs: 1 }),
        objective: { kind: 'synthetic', function: 'sphere', memoryRate: 1 },
        searchSpace: {
          units: { type: 'int', low: 32, high: 512, log: true },
          x: { type: 'float', low: 0, high: 1 },
        },
        sampler: { name: 'random' },
      };
      const page = await withStudy(study, 'evolution', 3);
      const { acts } = chartText.evolution;
      await button(page, acts.showFailure({ trial: 0 })).click();
      await page
        .getByRole('heading', { level: 2, name: text.inspector.trial({ trial: 0 }), exact: true })
        .waitFor();
      await button(page, acts.setUpAgain({ lower: ['units'] })).click();
      const found = await setUp(page, acts.nameAgain({ name }));
      const { units } = found.searchSpace;
      if (units?.type !== 'int') throw new Error('units are no whole numbers any more');
      expect(units.high).toBeLessThan(512);
      expect(units.low).toBeLessThan(32);
      expect({ ...found, searchSpace: study.searchSpace }).toEqual({ ...study, name: found.name });
    },
    LONG,
  );
});

describe('Window: a trial', () => {
  it(
    'is found by its number also if it arrives while the commands are open',
    async () => {
      const { page } = await lab.window();
      const study = syntheticStudy(name, { trials: 60, durationMs: 100 });
      const { study: key } = await ask(page, 'startStudy', { study, workers: null });
      await page.evaluate((hash) => (location.hash = hash), `#/study/${key}/trials`);
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await select(page, 59);
      await page.getByRole('heading', { level: 2, name: 'Trial 59', exact: true }).waitFor();
    },
    LONG,
  );

  it(
    'can be run again as a new study with its parameters',
    async () => {
      const page = await withStudy(syntheticStudy(name, { trials: 5, durationMs: 5 }), 'trials', 5);
      await select(page, 3);
      await page.getByRole('button', { name: text.inspector.again, exact: true }).click();
      const called = text.inspector.againName({ name, trial: 3 });
      await page.getByRole('heading', { level: 1, name: called, exact: true }).waitFor();
      await railStudy(page, called, text.studyStates.finished).waitFor();
      const front = (): Promise<string> => page.evaluate(() => location.hash.split('/')[2] ?? '');
      const again = await ask(page, 'trial', { study: await front(), trial: 0 });
      await railStudy(page, name, text.studyStates.finished).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      const first = await ask(page, 'trial', { study: await front(), trial: 3 });
      expect(again.trial.params).toEqual(first.trial.params);
      expect(Object.keys(again.trial.params)).toEqual(['x', 'y', 'kind']);
    },
    LONG,
  );
});
