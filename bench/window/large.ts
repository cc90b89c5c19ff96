/**
 * A study of 100,000 trials: opened, scrolled, and watched while 200 results per second arrive;
 * optuna-dashboard opens the same file beside it.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { BenchRow } from '../row.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { BIG, bigLab } from './big-lab.ts';
import { dashboard } from './dashboard.ts';
import { ask, freshPage, heapOf, inBrowser, serveLab } from './serving.ts';
import type { Serving, Watched } from './serving.ts';
import { frameRow, scrolling, traced, watching, windowRow } from './trace.ts';

const TABS = ['trials', 'evolution', 'space', 'curves'] as const;
/** Duration of a further trial: two workers then produce about 200 results per second. */
const TRIAL_MS = 9;

export interface LargeSetting {
  readonly trials: number;
  readonly seconds: number;
}

export async function large({ trials, seconds }: LargeSetting): Promise<BenchRow[]> {
  const made = bigLab(trials, TRIAL_MS);
  return inTemporaryFolder(async (folder) => {
    const lab = join(folder, 'lab.db');
    copyFileSync(made, lab);
    const peer = await inBrowser((browser) => dashboard(browser, made));
    const serving = await serveLab(folder, lab);
    try {
      return await inBrowser(async (browser) => {
        const watched = await freshPage(browser);
        const rows = [await opened(watched, serving, trials, peer)];
        rows.push(...(await moving(browser, watched, seconds)));
        return rows;
      });
    } finally {
      await serving.close();
    }
  });
}

async function opened(
  { page }: Watched,
  serving: Serving,
  trials: number,
  peer: Awaited<ReturnType<typeof dashboard>>,
): Promise<BenchRow> {
  await page.goto(`${serving.link}#/study/${BIG}/trials`);
  await page.waitForFunction(
    () => document.querySelectorAll('[id^=trial-row-]').length > 5,
    undefined,
    { polling: 16 },
  );
  const rowsAt = await now(page);
  await page.locator('[role=grid]').focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(
    () => document.querySelector('[id^=trial-row-][aria-selected=true]') !== null,
    undefined,
    { polling: 16 },
  );
  const answered = await now(page);
  await page.waitForFunction(
    (rows) =>
      document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(rows + 1),
    trials,
    {
      polling: 16,
    },
  );
  const whole = await now(page);
  const seconds = serving.seconds + answered;
  const said = [
    `process until the link ${serving.seconds.toFixed(2)} s`,
    `then from the navigation: first rows ${rowsAt.toFixed(2)} s, a key answered ${answered.toFixed(2)} s, all rows ${whole.toFixed(2)} s`,
    peer.note,
  ];
  return {
    ...windowRow(
      `${trials.toLocaleString('en')} trials: from the start of the process to a table that answers`,
      seconds,
      's',
      '≤ 2 s',
      seconds <= 2,
      said.join('; '),
    ),
    peer: peer.seconds === null ? null : 'optuna-dashboard',
    peerValue: peer.seconds,
    ratio: peer.seconds === null ? null : peer.seconds / seconds,
  };
}

async function moving(browser: Browser, watched: Watched, seconds: number): Promise<BenchRow[]> {
  const { page } = watched;
  const rows: BenchRow[] = [];
  let most = await heapOf(watched);
  rows.push(
    frameRow(
      'the table scrolls, nothing arrives',
      await traced(browser, page, scrolling(page, seconds)),
    ),
  );
  // More trials than can end during the measurement.
  await ask(page, 'addTrials', { study: BIG, trials: 1_000_000 });
  await page.waitForFunction(() => /[1-9]\d* running/.test(document.body.innerText));
  const begun = { at: Date.now(), ended: await endedOf(page) };
  rows.push(
    frameRow(
      'the table scrolls, results arrive',
      await traced(browser, page, scrolling(page, seconds)),
    ),
  );
  for (const tab of TABS) {
    await page.evaluate((place) => (location.hash = place), `#/study/${BIG}/${tab}`);
    await watching(3)();
    rows.push(frameRow(`${tab}, results arrive`, await traced(browser, page, watching(seconds))));
    most = Math.max(most, await heapOf(watched));
  }
  const rate = ((await endedOf(page)) - begun.ended) / ((Date.now() - begun.at) / 1000);
  await ask(page, 'pauseStudy', { study: BIG });
  rows.push(windowRow('results a second meanwhile', rate, '/s', '200/s', null));
  const held = await heapOf(watched, true);
  rows.push(
    windowRow(
      'heap of the page, most seen',
      most,
      'MB',
      '≤ 300 MB',
      most <= 300,
      `${held.toFixed(0)} MB after a collection; columns of bytes included as the browser counts them`,
    ),
  );
  return rows;
}

export async function endedOf(page: Page): Promise<number> {
  const figure = await page.locator('header .done .figure strong').first().textContent();
  return Number((figure ?? '').replaceAll(/\D/g, ''));
}

/** Seconds since the navigation began. */
async function now(page: Page): Promise<number> {
  return (await page.evaluate(() => performance.now())) / 1000;
}
