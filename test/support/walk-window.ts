/**
 * Walks through everything that a window offers: each tab of the study in front, each page of the
 * rail. Skips what is not offered.
 */
import type { Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';

/**
 * @param look is called in each, with its name
 * @returns the names of the places that were visited
 */
export async function walk(page: Page, look: (name: string) => Promise<void>): Promise<string[]> {
  const seen: string[] = [];
  const tabs = page.getByRole('tab');
  for (let i = 0; i < (await tabs.count()); i++) {
    const tab = tabs.nth(i);
    const name = (await tab.getAttribute('id')) ?? '';
    await tab.click();
    await page
      .locator(`#view[aria-labelledby="${name}"] > *`)
      .first()
      .waitFor({ state: 'attached' });
    await look(name);
    seen.push(name);
  }
  for (const label of [
    text.rail.newStudy,
    text.rail.datasets,
    text.rail.machines,
    text.rail.settings,
  ]) {
    const link = page
      .getByRole('navigation', { name: text.rail.label })
      .getByRole('button', { name: label, exact: true });
    if ((await link.count()) === 0) continue;
    await link.click();
    await page.locator('main > *').first().waitFor({ state: 'attached' });
    await look(label);
    seen.push(label);
  }
  return seen;
}
