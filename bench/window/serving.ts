/**
 * Runs `galapagos serve` and a browser for the window's benchmarks, with a home and a lab of their
 * own and timings. Asserts nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
export { ask } from '../../test/support/ask-endpoint.ts';
import { builtWithWindow, start } from '../../test/support/built-command.ts';
import { launchChromium, missingChromium } from '../../test/support/chromium.ts';

export interface Serving {
  readonly link: string;
  readonly pid: number;
  /** Seconds from the start of the process until its link was printed. */
  readonly seconds: number;
  /** Ends it as Ctrl-C does. */
  close(): Promise<void>;
}

/** @param folder for the home, and the lab where `lab` is not given */
export async function serveLab(
  folder: string,
  lab = join(folder, 'lab.db'),
  env: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  await builtWithWindow();
  const begun = performance.now();
  let told: (line: string) => void = () => undefined;
  const serving = new Promise<string>((done) => (told = done));
  const args = ['serve', '--json', '--port', '0', '--workers', '2', '--lab', lab];
  const command = start(args, folder, (line) => told(line), {
    GALAPAGOS_HOME: join(folder, 'home'),
    ...env,
  });
  const line = await Promise.race([
    serving,
    command.ended.then(({ code, stderr }) =>
      Promise.reject(new Error(`serve ended with ${String(code)}: ${stderr}`)),
    ),
  ]);
  const seconds = (performance.now() - begun) / 1000;
  const { link } = JSON.parse(line) as { link: string };
  return {
    link,
    pid: command.process.pid ?? 0,
    seconds,
    close: async () => {
      command.process.kill('SIGINT');
      await command.ended;
    },
  };
}

/** Null: there is no browser, and why. */
export function withoutBrowser(): string | null {
  return missingChromium();
}

/**
 * Resolves no name but the server's address, in the browser itself: requests that pass through the
 * driver, as the tests' do, take longer and would be measured with the window.
 */
const OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1';

export async function inBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchChromium([OFFLINE]);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

export interface Watched {
  readonly page: Page;
  readonly cdp: CDPSession;
}

/** A page of a profile of its own, nowhere yet. */
export async function freshPage(browser: Browser): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  return { page, cdp };
}

/** Megabytes of objects that the page's scripts hold; `collected`: after a collection. */
export async function heapOf({ cdp }: Watched, collected = false): Promise<number> {
  if (collected) await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? NaN) / 2 ** 20;
}

/** Megabytes that the system holds of a process; NaN where it does not say. */
export function residentOf(pid: number): number {
  try {
    return (
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? NaN) /
      1024
    );
  } catch {
    return NaN;
  }
}
