/**
 * Photographs every view of the built window with real data: both themes, 1280×800, 1920×1080 and
 * 800×900, empty, running and finished, into docs/screenshots/. Needs Chromium and some minutes;
 * nothing is asserted here.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chartText } from '../src/renderer/text-of-charts.ts';
import { text } from '../src/renderer/text.ts';
import { built } from '../test/support/built-command.ts';
import { launchChromium, missingChromium, offlineContext } from '../test/support/chromium.ts';
import { serve } from '../test/support/served.ts';

const folder = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
  { width: 800, height: 900 },
] as const;
const TRIALS = 40;
const PATIENCE_MS = 600_000;
/** The small charts of all parameters are redrawn once a second. */
const REDRAWN_MS = 1_200;

async function shoot(page: Page, name: string): Promise<void> {
  await page.getByText(chartText.space.reading).waitFor({ state: 'hidden', timeout: PATIENCE_MS });
  for (const { width, height } of sizes) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Two frames: charts measure themselves in one and paint in the next.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      // Curves of a table's rows are asked for after the rows.
      if (/^(evolution|generations|trials)-/.test(name)) await page.waitForTimeout(REDRAWN_MS);
      await page.screenshot({
        path: join(folder, `${name}-${colorScheme}-${width}.png`),
        animations: 'disabled',
      });
      console.log(`${name}, ${colorScheme}, ${width}×${height}`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

const tab = (page: Page, name: string): Promise<void> => page.locator(`#tab-${name}`).click();

/** A call as the page makes it, with its cookie. */
async function ask(page: Page, name: string, input: unknown): Promise<Record<string, unknown>> {
  const answer = await page.evaluate(
    ([path, body]) =>
      fetch(path, { method: 'POST', body }).then((response) => response.json() as Promise<unknown>),
    [`/api/${name}`, JSON.stringify(input)] as const,
  );
  return (answer as { value: Record<string, unknown> }).value;
}

/** Waits until so many trials have ended, as the host counts them. */
async function ended(page: Page, study: string, trials: number): Promise<void> {
  for (
    const began = Date.now();
    Date.now() - began < PATIENCE_MS;
    await new Promise((done) => setTimeout(done, 1000))
  ) {
    const { content } = await ask(page, 'export', { study, what: 'csv', top: 1 });
    const rows = (content as { text: string }).text
      .split('\n')
      .slice(1)
      .filter((row) => /complete|failed|pruned/.test(row));
    if (rows.length >= trials) return;
  }
  throw new Error(`${trials} trials did not end in time`);
}

async function startStudy(page: Page, change: Record<string, unknown>): Promise<string> {
  const draft = await ask(page, 'draft', { dataset: null });
  const { study } = await ask(page, 'startStudy', {
    study: { ...draft, ...change },
    workers: null,
  });
  return String(study);
}

async function main(): Promise<void> {
  const missing = missingChromium();
  if (missing !== null) {
    console.log(`no screenshots: ${missing}`);
    return;
  }
  mkdirSync(folder, { recursive: true });
  await built();
  const served = await serve({ workers: 2 });
  const browser = await launchChromium();
  try {
    const { context } = await offlineContext(browser, served.origin);
    const page = await context.newPage();
    await page.goto(served.link);
    await page.getByRole('button', { name: text.start.mnistButton }).waitFor();
    await shoot(page, 'first-start');

    const first = await startStudy(page, { name: 'MNIST, evolution', stop: { trials: TRIALS } });
    await page.goto(`${served.origin}/#/study/${first}/evolution`);
    await page.locator('#tab-evolution').waitFor();
    await shoot(page, 'evolution-empty');
    await ended(page, first, 18);
    for (const name of ['evolution', 'space', 'curves', 'trials', 'lab']) {
      await tab(page, name);
      await shoot(page, `${name}-running`);
    }
    await tab(page, 'evolution');
    await ended(page, first, TRIALS);
    await page.keyboard.press('b');
    for (const name of ['evolution', 'space', 'curves', 'trials', 'lab']) {
      await tab(page, name);
      await shoot(page, `${name}-finished`);
    }

    const second = await startStudy(page, {
      name: 'MNIST, generations',
      sampler: { name: 'generational' },
      stop: { trials: 24 },
    });
    await page.goto(`${served.origin}/#/study/${second}/evolution`);
    await ended(page, second, 24);
    await shoot(page, 'generations-finished');
    await page.goto(`${served.origin}/#/compare/${first}/${second}`);
    await page.locator('canvas').waitFor();
    await shoot(page, 'compare');

    await page.goto(`${served.origin}/#/new`);
    await page.getByText(text.setUp.lanes, { exact: true }).waitFor({ timeout: PATIENCE_MS });
    await shoot(page, 'set-up');
    await page.getByRole('radio', { name: text.setUp.json }).click();
    await shoot(page, 'set-up-json');

    await page.goto(`${served.origin}/#/datasets`);
    await page.getByText(text.datasets.bundled).waitFor();
    await shoot(page, 'datasets');
    for (const name of ['machines', 'settings']) {
      await page.goto(`${served.origin}/#/${name}`);
      await page.locator('main h1').first().waitFor();
      await shoot(page, name);
    }
    writeFileSync(
      join(folder, 'README.md'),
      `# Screenshots\n\nMade by \`npm run screenshots\`: the built window with real MNIST, ${TRIALS} trials.\n`,
    );
    await context.close();
  } finally {
    await browser.close();
    await served.close();
  }
}

await main();
