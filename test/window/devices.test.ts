import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { launchChromium, missingChromium, offlineContext } from '../support/chromium.ts';
import { serveFixture } from '../support/served-fixture.ts';
import type { ServedFixture } from '../support/served-fixture.ts';
import { PATIENCE, patient, startInFront, syntheticStudy } from '../support/window.ts';

describe('Window: devices', () => {
  const missing = missingChromium();
  let browser: Browser | null = null;
  let served: ServedFixture | null = null;
  let page: Page;

  beforeAll(async () => {
    if (missing !== null) return;
    served = await serveFixture('mixed-vendors');
    browser = await launchChromium();
    const { context } = await offlineContext(browser, served.origin);
    page = await context.newPage();
    await page.goto(served.link);
    const study = syntheticStudy('devices', { trials: 4, durationMs: 20 });
    await startInFront(page, study, 'lab');
  }, 5 * PATIENCE);
  beforeEach(({ skip }) => skip(missing !== null, missing ?? ''));
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const shown = async (): Promise<string> =>
    (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');

  it.each(['lab', 'machines'])(
    'lists every device with the executors that work on it: %s',
    async (place) => {
      if (place === 'machines') await page.evaluate(() => (location.hash = '#/machines'));
      await expect.poll(shown, patient).toContain('works webgpu:NVIDIA GeForce RTX 4090');
      expect(await shown()).toContain('webgpu works webgpu:AMD Radeon RX 7900 XTX (RADV NAVI31)');
      expect(await shown()).toContain(
        'tensorflow not installed. To fix it: galapagos backend install tensorflow --cuda',
      );
      expect(await shown()).toContain('tensorflow TensorFlow uses cards of NVIDIA only.');
    },
    2 * PATIENCE,
  );

  it(
    'offers each device with a check box in set-up, says why a GPU cannot take part, and asks for one device at least',
    async () => {
      await page.evaluate(() => (location.hash = '#/new'));
      const devices = page.getByRole('list', { name: text.setUp.device.label });
      const card = devices.getByRole('listitem').filter({ hasText: 'GPU 0' });
      await card.getByText(text.setUp.device.executor({ executor: 'wasm' })).waitFor();
      expect(await card.getByRole('checkbox').isDisabled()).toBe(true);
      const cpu = devices.getByRole('checkbox', { name: 'CPU' });
      expect(await cpu.isChecked()).toBe(true);
      await cpu.uncheck();
      const problem = text.setUp.fieldProblem({
        field: null,
        expected: 'at least one device',
        found: 'an empty list',
        hint: null,
      });
      await page.getByText(problem, { exact: true }).waitFor();
      await cpu.check();
      await page.getByText(problem, { exact: true }).waitFor({ state: 'hidden' });
      await devices.getByText(/^[\d,.]+ samples\/s/).waitFor();
    },
    2 * PATIENCE,
  );
});
