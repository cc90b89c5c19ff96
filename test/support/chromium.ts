/**
 * A browser for the built window: Chromium of the system, driven by playwright-core. No request
 * leaves the machine.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of the browser: `GALAPAGOS_CHROMIUM`, else the first on PATH; null: none. */
export function chromiumPath(): string | null {
  const named = process.env['GALAPAGOS_CHROMIUM'] ?? '';
  if (named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return (
    folders
      .flatMap((folder) => NAMES.map((name) => join(folder, name)))
      .find((path) => existsSync(path)) ?? null
  );
}

/** Reason why tests that need a browser cannot run here; null: they can. */
export function missingChromium(): string | null {
  return chromiumPath() === null ? 'no Chromium on PATH, and GALAPAGOS_CHROMIUM names none' : null;
}

/** @param also further command-line switches */
export async function launchChromium(also: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error(missingChromium() ?? '');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...also,
    ],
  });
}

export interface OfflineContext {
  readonly context: BrowserContext;
  /** Addresses outside `origin` that a page requested; each was refused. */
  readonly strangers: readonly string[];
}

/** A new profile whose pages may send requests to `origin` only. */
export async function offlineContext(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<OfflineContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const strangers: string[] = [];
  await context.route(
    (url) => url.origin !== origin && !['data:', 'blob:'].includes(url.protocol),
    async (route) => {
      strangers.push(route.request().url());
      await route.abort();
    },
  );
  return { context, strangers };
}
