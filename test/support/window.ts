/**
 * Environment of a window test: its own server with real workers, a browser, and windows in it.
 * Without a browser, every test of the file is skipped with the reason.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { text } from '../../src/renderer/text.ts';
import { ask } from './ask-endpoint.ts';
import { launchChromium, missingChromium, offlineContext } from './chromium.ts';
import { serve } from './served.ts';
import type { ServeOptions, Served } from './served.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export { ask };

/** Greatest duration until a condition holds; large because workers that train share the cores. */
export const PATIENCE = 90_000;

/** For `expect.poll`. */
export const patient = { timeout: PATIENCE, interval: 100 };

export interface SeenWindow {
  readonly page: Page;
  /** Addresses outside the server that were requested; each was refused. */
  readonly strangers: readonly string[];
  /** Errors of the page: of its scripts and from the browser, for example refusals by the CSP. */
  readonly complaints: readonly string[];
}

/** One server and one browser for a file; one context a window. */
export class WindowLab {
  readonly #options: ServeOptions;
  #folder: TemporaryFolder | null = null;
  #served: Served | null = null;
  #browser: Browser | null = null;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  get served(): Served {
    if (this.#served === null) throw new Error('the server does not run');
    return this.#served;
  }

  get folder(): TemporaryFolder {
    this.#folder ??= this.#options.folder ?? temporaryFolder();
    return this.#folder;
  }

  async open(): Promise<void> {
    this.#served = await serve({
      token: 'a-token-of-this-test',
      ...this.#options,
      folder: this.folder,
    });
    this.#browser = await launchChromium();
  }

  /** Ends it as a power failure does; `again` starts it at the same address. */
  async kill(): Promise<void> {
    this.served.command.process.kill('SIGKILL');
    await this.served.command.ended;
  }

  /** @param token that browsers must send from now on */
  async again(token = 'a-token-of-this-test'): Promise<void> {
    const { port } = this.served;
    this.#served = await serve({ token, ...this.#options, folder: this.folder, port });
  }

  /** A window in a profile of its own. */
  async window(
    options: BrowserContextOptions & { readonly at?: string } = {},
  ): Promise<SeenWindow> {
    if (this.#browser === null) throw new Error('the browser does not run');
    const { context, strangers } = await offlineContext(this.#browser, this.served.origin, options);
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${this.served.link}${options.at ?? ''}`);
    return { page, strangers, complaints };
  }

  async closeWindows(): Promise<void> {
    if (this.#browser !== null) await keepShots(this.#browser);
    await Promise.all((this.#browser?.contexts() ?? []).map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#served?.close();
    this.#folder?.remove();
  }
}

/**
 * Takes a screenshot of each window when its test ends, into the folder that
 * `GALAPAGOS_WINDOW_SHOTS` names.
 */
export async function keepShots(browser: Browser): Promise<void> {
  const shots = process.env['GALAPAGOS_WINDOW_SHOTS'] ?? '';
  if (shots === '') return;
  const name = (expect.getState().currentTestName ?? '').replaceAll(/\W+/g, '-').slice(-80);
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [i, page] of pages.entries())
    await page.screenshot({ path: join(shots, `${name}-${i}.png`) });
}

/**
 * Environment for the tests of a file, opened before the first and closed after the last; each test
 * starts without a window.
 */
export function windowLab(options: ServeOptions = {}): WindowLab {
  const lab = new WindowLab(options);
  const missing = missingChromium();
  // Built by the first test file that needs it, however long that takes.
  beforeAll(async () => {
    if (missing === null) await lab.open();
  }, 5 * PATIENCE);
  beforeEach(({ skip }) => skip(missing !== null, missing ?? ''));
  afterEach(() => lab.closeWindows());
  afterAll(() => lab.close());
  return lab;
}

/**
 * Starts a study and shows it in a tab.
 * @returns its key
 */
export async function startInFront(page: Page, study: StudyFile, tab: string): Promise<string> {
  const { study: key } = await ask(page, 'startStudy', { study, workers: null });
  await page.evaluate((hash) => (location.hash = hash), `#/study/${key}/${tab}`);
  await page.getByRole('heading', { level: 1, name: study.name, exact: true }).waitFor();
  return key;
}

/** A study whose trials take the given time and train nothing. */
export function syntheticStudy(
  name: string,
  { trials, durationMs }: { readonly trials: number; readonly durationMs: number },
): StudyFile {
  return {
    format: 'galapagos-study/1',
    name,
    objective: { kind: 'synthetic', function: 'sphere', durationMs },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: -1, high: 1 },
      y: { type: 'float', low: -1, high: 1 },
      kind: { type: 'categorical', choices: ['plain', 'fancy'] },
    },
    sampler: { name: 'evolution' },
    stop: { trials },
    seed: 5,
  };
}

/** Selects a trial by its number through the commands, wherever its row or dot is. */
export async function select(page: Page, trial: number): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: text.commands.title }).fill(String(trial));
  await page.getByRole('option', { name: text.commands.trial({ trial }), exact: true }).waitFor();
  await page.keyboard.press('Enter');
}

/**
 * Resolves with the study's entry in the rail, which contains its state, best value and progress,
 * once it contains the word.
 */
export function railStudy(page: Page, name: string, word: string): Locator {
  return page
    .getByRole('navigation', { name: text.rail.label })
    .getByRole('button', { name: new RegExp(`\\b${word}\\b`) })
    .filter({ has: page.getByText(name, { exact: true }) });
}

/** Number of ended trials that the study's header shows. */
export async function ended(page: Page): Promise<number> {
  const figure = await page.locator('header .done .figure strong').textContent();
  return Number((figure ?? '').replaceAll(/\D/g, ''));
}

/** Resolves when the header shows at least this number of ended trials. */
export async function untilEnded(page: Page, atLeast: number): Promise<void> {
  await expect.poll(() => ended(page), patient).toBeGreaterThanOrEqual(atLeast);
}
