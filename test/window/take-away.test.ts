/**
 * Tests exports of a study that trains networks on a table: charts as SVG and PNG, the HTML report,
 * and the comparison of studies.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import { text } from '../../src/renderer/text.ts';
import { violations } from '../support/axe.ts';
import { missingChromium } from '../support/chromium.ts';
import { written } from '../support/dataset-files.ts';
import { drop } from '../support/dropped.ts';
import { PATIENCE, ask, patient, railStudy, untilEnded, windowLab } from '../support/window.ts';

const lab = windowLab({ workers: 2 });
const LONG = 3 * PATIENCE;
const AXIS = 'Validation accuracy (%)';
/** Two overlapping classes, so that accuracies differ. */
const rows = Array.from({ length: 200 }, (_, i) => {
  const noise = ((i * 7919) % 100) / 50 - 1;
  return `${((i % 2) + 1.2 * noise).toFixed(2)},${(((i * 31) % 17) / 17).toFixed(2)},${i % 2 === 0 ? 'left' : 'right'}`;
});

let study = '';
let draft: StudyFile;

async function begin(page: Page, name: string, change: Partial<StudyFile>): Promise<string> {
  const started = await ask(page, 'startStudy', {
    study: { ...draft, ...change, name },
    workers: null,
  });
  await page.goto(`${lab.served.origin}/#/study/${started.study}/evolution`);
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  return started.study;
}

async function withTable(page: Page): Promise<void> {
  written(lab.folder.path, { 'sides.csv': ['x,noise,label', ...rows, ''].join('\n') });
  await drop(page, [lab.folder.file('sides.csv')]);
  await page
    .getByRole('navigation', { name: text.rail.label })
    .getByRole('button', { name: /^sides\.csv/ })
    .filter({ hasText: text.imports.ready })
    .click();
  await page.getByRole('button', { name: text.datasets.storeOnly, exact: true }).click();
  await page.getByRole('heading', { level: 2, name: 'sides', exact: true }).waitFor();
  draft = await ask(page, 'draft', { dataset: 'sides' });
}

beforeAll(async () => {
  if (missingChromium() !== null) return;
  const { page } = await lab.window({ at: '#/datasets' });
  await page.getByRole('heading', { level: 1, name: text.datasets.title }).waitFor();
  await withTable(page);
  const { objective } = draft;
  if (objective.kind !== 'train') throw new Error('a draft that trains nothing');
  draft = { ...draft, objective: { ...objective, settings: { ...objective.settings, epochs: 4 } } };
  study = await begin(page, 'sides', { stop: { trials: 24 } });
  await railStudy(page, 'sides', text.studyStates.finished).waitFor();
  await lab.closeWindows();
}, LONG);

async function exported(page: Page, label: string): Promise<Buffer> {
  await page.getByRole('button', { name: text.tabs.export, exact: true }).click();
  const item = page.getByRole('menuitem', { name: label, exact: true });
  const [download] = await Promise.all([page.waitForEvent('download'), item.click()]);
  return readFileSync(await download.path());
}

async function atTab(tab: string): Promise<Page> {
  const { page } = await lab.window({ at: `#/study/${study}/${tab}` });
  await page.getByRole('heading', { level: 1, name: 'sides', exact: true }).waitFor();
  await untilEnded(page, 24);
  return page;
}

describe('Window: exported charts', () => {
  it.each([
    ['Evolution', 'evolution', null, ['Trial number', 'founder', 'best so far'], true],
    ['Curves', 'curves', null, ['Epoch', 'finished trial', 'best trial'], false],
    [
      'parallel coordinates',
      'space',
      null,
      ['learningRate', 'each line is a trial, coloured by its value'],
      true,
    ],
    [
      'the scatter plot',
      'space',
      chartText.space.views.scatter,
      ['learningRate', 'momentum', 'founder'],
      true,
    ],
    [
      'the 3-D scatter plot',
      'space',
      chartText.space.views.cube,
      ['learningRate', 'momentum', 'weightDecay', 'founder'],
      true,
    ],
  ] as const)(
    'contain a title, a legend, axis titles and, for coloured marks, a colour bar, in %s',
    async (_, tab, kind, words, coloured) => {
      const page = await atTab(tab);
      if (kind !== null) await page.getByRole('radio', { name: kind, exact: true }).click();
      await expect
        .poll(async () => (await exported(page, chartText.exports.svg)).toString(), patient)
        .toContain('>sides</text>');
      const svg = (await exported(page, chartText.exports.svg)).toString();
      expect(svg).toMatch(/>24 trials, best validation accuracy \d+\.\d\d.%<\/text>/);
      for (const each of words) expect(svg).toContain(`>${each}</text>`);
      expect(svg).toMatch(new RegExp(`rotate\\(-90[^>]*>${AXIS.replaceAll(/[()]/g, '\\$&')}<`));
      const shades = new Set(
        [...svg.matchAll(/<path d="M[^"]*Z" fill="(#[0-9a-f]{6})"\/>/g)].map(
          ([, colour]) => colour,
        ),
      );
      expect(shades.size > 40).toBe(coloured);
      const png = await exported(page, chartText.exports.png);
      const [, width = '', height = ''] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(
        [width, height].map((px) => Math.round(3 * Number(px))),
      );
    },
    LONG,
  );
});

describe('Window: HTML report', () => {
  it(
    'contains curves, importance and the machine, and names the split at every score',
    async () => {
      const page = await atTab('evolution');
      await ask(page, 'confirm', { study, top: 2, seeds: 2 });
      await page.getByText(/^Test result of trial \d+:/).waitFor();
      const html = (await exported(page, text.exports.report)).toString();
      const report = await page.context().newPage();
      await report.setContent(html);
      for (const name of [
        text.report.importance,
        text.report.machine,
        text.report.curves({ trials: 10 }),
        text.report.confirmation,
      ])
        await report.getByRole('heading', { level: 2, name, exact: true }).waitFor();
      expect(await report.locator('svg').count()).toBe(2);
      expect(await report.getByText(/^linux|^darwin|^win32/).textContent()).toMatch(
        /\d+ CPU cores?, 2 workers/,
      );
      const importance = report.locator('table').filter({ hasText: 'whole space' });
      await importance.getByRole('cell', { name: 'learningRate', exact: true }).waitFor();
      await importance
        .getByRole('cell', { name: /^\d+.% \(\d+.% to \d+.%\)$/ })
        .first()
        .waitFor();
      // Whole percentages are fractions, not scores; a score is named in its sentence or in the
      // header of its table.
      const unnamed = await report.evaluate(() => {
        const found: string[] = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const said = node.textContent ?? '';
          if (!/\d\.\d\d\s%/.test(said) || node.parentElement === null) continue;
          const heads =
            node.parentElement.closest('table')?.querySelector('thead')?.textContent ?? '';
          if (!/validation|test/i.test(`${said} ${heads}`)) found.push(said);
        }
        return found;
      });
      expect(unnamed).toEqual([]);
      await report.getByText(/^Test result of the winner: \d+\.\d\d\s%/).waitFor();
      expect(await report.locator('script').count()).toBe(0);
      expect(await violations(report)).toEqual([]);
    },
    LONG,
  );
});

describe('Window: Compare', () => {
  it(
    'titles its axes, names networks that are described in the studies, and lists differing settings',
    async () => {
      const { page } = await lab.window();
      await page.addInitScript(() => {
        const drawn = new Set<string>();
        Object.assign(globalThis, { drawn });
        const { prototype } = CanvasRenderingContext2D;
        const own = Object.getOwnPropertyDescriptor(prototype, 'fillText')
          ?.value as CanvasText['fillText'];
        prototype.fillText = function draw(...given): void {
          drawn.add(given[0]);
          Reflect.apply(own, this, given);
        };
      });
      if (draft.objective.kind !== 'train') throw new Error('a draft that trains nothing');
      const network = {
        format: 'galapagos-network/1' as const,
        name: 'one-layer',
        layers: [{ type: 'dense' as const, units: 2 }],
        loss: { type: 'softmax-cross-entropy' as const },
      };
      const searchSpace = {
        learningRate: { type: 'float' as const, low: 0.001, high: 1, log: true },
      };
      const settings = {
        batch: 16,
        epochs: 1,
        optimizer: { type: 'sgd' as const, learningRate: { $param: 'learningRate' } },
        validation: 0.2,
      };
      const other = await begin(page, 'one layer', {
        objective: { ...draft.objective, network, settings },
        searchSpace,
        stop: { trials: 4 },
      });
      await railStudy(page, 'one layer', text.studyStates.finished).waitFor();
      await page.goto(`${lab.served.origin}/#/compare/${study}/${other}`);
      await page.reload();
      const drawn = (): Promise<string[]> =>
        page.evaluate(() => [...(globalThis as unknown as { drawn: Set<string> }).drawn]);
      await expect
        .poll(drawn, patient)
        .toEqual(expect.arrayContaining([AXIS, chartText.figure.byTrials]));
      await page.getByRole('radio', { name: text.compare.byTime, exact: true }).click();
      await expect.poll(drawn, patient).toContain(chartText.figure.byTime);
      const row = page
        .getByRole('row')
        .filter({ has: page.getByText('objective.network', { exact: true }) });
      await expect
        .poll(() => row.getByRole('cell').allTextContents(), patient)
        .toEqual(['dense-searched', 'one-layer']);
      expect(await page.getByText(text.compare.same, { exact: true }).count()).toBe(0);
    },
    LONG,
  );
});
