/**
 * Tests that the window requests nothing from other hosts, violates no content security policy, and
 * loads little at the start.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { builtWithWindow } from '../support/built-command.ts';
import { walk } from '../support/walk-window.ts';
import { PATIENCE, ask, syntheticStudy, untilEnded, windowLab } from '../support/window.ts';

const lab = windowLab();
const WINDOW = fileURLToPath(new URL('../../out/renderer', import.meta.url));
const FIRST_SCRIPT = 150_000;

beforeAll(builtWithWindow, 5 * PATIENCE);

it(
  'Window: requests only its own server in a walk through every view, and violates no policy',
  async () => {
    const { page, strangers, complaints } = await lab.window();
    const { study } = await ask(page, 'startStudy', {
      study: syntheticStudy('walked through', { trials: 30, durationMs: 30 }),
      workers: null,
    });
    await page.evaluate((hash) => (location.hash = hash), `#/study/${study}/trials`);
    await untilEnded(page, 10);
    const seen = await walk(page, async () => {
      const asked = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
      );
      expect(new Set(asked)).toEqual(new Set([lab.served.origin]));
    });
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  },
  3 * PATIENCE,
);

it('Window: loads little before the first picture, and no chart library', () => {
  const assets = join(WINDOW, 'assets');
  const page = readFileSync(join(WINDOW, 'index.html'), 'utf8');
  const scripts = [...page.matchAll(/(?:src|href)="[^"]*?([^"/]+\.js)"/g)].map(
    ([, name]) => name ?? '',
  );
  expect(scripts.length).toBeGreaterThan(0);
  // Includes the modules that these import before they run.
  for (const name of scripts) {
    const content = readFileSync(join(assets, name), 'utf8');
    for (const [, imported = ''] of content.matchAll(
      /(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g,
    )) {
      if (!scripts.includes(imported)) scripts.push(imported);
    }
  }
  const contents = scripts.map((name) => readFileSync(join(assets, name)));
  const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  expect(bytes).toBeLessThanOrEqual(FIRST_SCRIPT);
  expect(scripts.filter((name) => /echarts|zrender/i.test(name))).toEqual([]);
  for (const content of contents)
    expect(/zrender|_ec_inner|echarts-for/.test(content.toString('utf8'))).toBe(false);
  expect(readdirSync(assets).length).toBeGreaterThan(scripts.map((name) => basename(name)).length);
});
