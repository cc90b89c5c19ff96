/**
 * Tests the windows of two machines on one network: one finds the other by discovery and joins it,
 * and the network cable is cut. The machines are network namespaces.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { nodeText } from '../../src/renderer/text/nodes.ts';
import { missingChromium } from '../support/chromium.ts';
import { whyNoBed } from '../support/lab-bed.ts';
import { LabWindows } from '../support/lab-windows.ts';
import { skipIf } from '../support/platform.ts';
import { PATIENCE, ask, patient, syntheticStudy } from '../support/window.ts';

const words = nodeText;
const [DESK, PIXEL] = ['desk', 'pixel'] as const;
/** The button of a lab that is listed. */
const SEEN = new RegExp(`^${words.joinNamed({ name: '.*' })}${DESK}`);

const button = (within: Page | Locator, name: string): Locator =>
  within.getByRole('button', { name, exact: true });
const digitsIn = async (place: Locator): Promise<string> =>
  /\d{3} \d{3}/.exec((await place.textContent()) ?? '')?.[0] ?? 'none';

describe('Window: two machines on one network', () => {
  let windows: LabWindows | null = null;
  beforeEach(async (context) => {
    skipIf(whyNoBed ?? missingChromium(), context);
    windows = await LabWindows.make(2);
  }, 5 * PATIENCE);
  afterEach(() => windows?.close());

  it(
    'finds a lab and joins it with digits, works, drains, outlasts a cut cable, and is removed',
    async () => {
      if (windows === null) return;
      const { bed } = windows.hosts;
      const { page: here } = await windows.open('h1', DESK, '#/machines');
      const { page: there } = await windows.open('h2', PIXEL, '#/machines');

      await button(here, words.share).click();
      const sharing = here.getByRole('dialog', { name: words.shareTitle });
      await button(sharing, words.startSharing).click();
      await sharing.getByText(bed.address('h1')).first().waitFor();
      await here.keyboard.press('Escape');

      await button(there, words.join).click();
      const joining = there.getByRole('dialog', { name: words.joinTitle });
      await joining.getByRole('button', { name: SEEN }).click();
      const question = here.getByRole('alert').filter({ hasText: PIXEL });
      await question.waitFor();
      await button(joining, words.yesJoin).waitFor();
      expect(await digitsIn(question)).toMatch(/\d/);
      expect(await digitsIn(question)).toBe(await digitsIn(joining));
      await button(joining, words.yesJoin).click();
      await button(question, words.letIn).click();
      await joining.getByText(words.linkUp({ trials: 0 })).waitFor();

      const node = here.getByRole('region', { name: PIXEL });
      await node.getByText(words.ready, { exact: true }).waitFor();
      const study = syntheticStudy('two machines', { trials: 100_000, durationMs: 50 });
      await ask(here, 'startStudy', { study, workers: null });
      await node.getByText(/ at work$/).waitFor();

      const act = async (name: string): Promise<void> => {
        await button(node, words.menu({ node: PIXEL })).click();
        await here.getByRole('menuitem', { name }).first().click();
      };
      await act(words.drain);
      await node.getByText(words.drained, { exact: true }).waitFor();
      await act(words.resume);
      await node.getByText(/ at work$/).waitFor();

      await bed.cut('h2');
      await node.getByText(/^Not heard of for /).waitFor();
      await joining.getByText(new RegExp(`^${DESK} does not answer since`)).waitFor();
      await bed.mend('h2');
      await node.getByText(/ at work$/).waitFor();
      await joining.getByText(/^Connected/).waitFor();

      await act(words.remove);
      const removing = here.getByRole('dialog', { name: words.removeTitle({ node: PIXEL }) });
      await button(removing, words.remove).click();
      await node.waitFor({ state: 'detached' });
      await joining.getByText(words.joinFailed['removed']?.({ host: DESK }) ?? '').waitFor();
      const rows = async (): Promise<number> => (await ask(here, 'lab.nodes', {})).length;
      await expect.poll(rows, patient).toBe(1);
    },
    8 * PATIENCE,
  );
});
