/** Tests two programs with a window each, as two people use them: one shares its lab, one joins. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { nodeText } from '../../src/renderer/text/nodes.ts';
import { PATIENCE, ask, patient, syntheticStudy, windowLab } from '../support/window.ts';

const words = nodeText;
const desk = windowLab({ workers: 1 });
const pixel = windowLab({ workers: 1 });

const button = (within: Page | Locator, name: string): Locator =>
  within.getByRole('button', { name, exact: true });

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

describe('Window: two hosts', () => {
  it(
    'shares a lab, joins it with digits, gives it work, loses and finds it again, and removes it',
    async () => {
      const [{ page: here }, { page: there }] = [
        await desk.window({ at: '#/machines' }),
        await pixel.window({ at: '#/machines' }),
      ];
      const port = await freePort();
      await button(here, words.share).click();
      const sharing = here.getByRole('dialog', { name: words.shareTitle });
      await sharing.getByLabel(words.port).fill(String(port));
      await button(sharing, words.startSharing).click();
      await button(sharing, words.stopSharing).waitFor();
      await here.keyboard.press('Escape');

      await button(there, words.join).click();
      const joining = there.getByRole('dialog', { name: words.joinTitle });
      await joining.getByLabel(words.byHand).fill(`127.0.0.1:${port}`);
      await there.keyboard.press('Enter');
      await button(joining, words.yesJoin).waitFor();
      const question = here.getByRole('alert').filter({ hasText: '?' });
      const digits = async (of: Locator): Promise<string> =>
        /\d{3} \d{3}/.exec((await of.textContent()) ?? '')?.[0] ?? 'none';
      await question.waitFor();
      expect(await digits(question)).toBe(await digits(joining));
      await button(joining, words.yesJoin).click();
      await button(question, words.letIn).click();
      await joining.getByText(words.linkUp({ trials: 0 })).waitFor();

      const node = here.getByRole('region').filter({ has: here.getByText(words.roundTrip) });
      await node.getByText(words.ready, { exact: true }).waitFor();
      const study = syntheticStudy('two hosts', { trials: 4000, durationMs: 20 });
      const { study: key } = await ask(here, 'startStudy', { study, workers: null });
      await node.getByText(/ at work$/).waitFor();

      const id = async (): Promise<string> => {
        const rows = await ask(here, 'lab.nodes', {});
        return rows.find((row) => row.id !== 'local')?.id ?? '';
      };
      const presence = async (): Promise<string | undefined> =>
        (await ask(here, 'lab.nodes', {})).find((row) => row.id !== 'local')?.presence;
      await pixel.kill();
      await expect.poll(presence, patient).not.toBe('present');
      await pixel.again();
      await expect.poll(presence, patient).toBe('present');

      await ask(here, 'stopStudy', { study: key });
      await ask(here, 'node.remove', { node: await id() });
      await node.waitFor({ state: 'detached' });
    },
    6 * PATIENCE,
  );
});
