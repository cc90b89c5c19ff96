/**
 * Tests an open tab after a restart of its server: it reconnects with the same token, and accepts
 * the new link otherwise.
 */
import { describe, expect, it } from 'vitest';
import { text } from '../../src/renderer/text.ts';
import { PATIENCE, windowLab } from '../support/window.ts';

const lab = windowLab();

describe('Window: a server that was restarted', () => {
  it(
    'accepts the new link when the token has changed, and keeps its state',
    async () => {
      const { page } = await lab.window({ at: '#/new' });
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      const before = await page.evaluate(() => {
        Reflect.set(window, 'kept', true);
        return location.hash;
      });
      await lab.kill();
      await lab.again('another-token-of-this-test');
      await page.getByText(text.frame.refused).waitFor();
      const field = page.getByLabel(text.frame.refusedLink);
      await field.fill('not-the-token');
      await field.press('Enter');
      await page.getByText(text.frame.notAdmitted).waitFor();
      await field.fill(lab.served.link);
      await field.press('Enter');
      await page.getByText(text.frame.refused).waitFor({ state: 'detached' });
      const after = await page.evaluate(() => ({
        hash: location.hash,
        search: location.search,
        kept: Reflect.has(window, 'kept'),
      }));
      expect(after).toEqual({ hash: before, search: '', kept: true });
      await page.getByText(text.frame.opening).waitFor({ state: 'detached' });
    },
    4 * PATIENCE,
  );
});
