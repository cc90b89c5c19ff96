/** Checks the accessibility of a page with axe-core. */
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Returns every violation that axe-core finds in the page in front, best practices included. */
export async function violations(page: Page): Promise<string[]> {
  // Injected once a page through the debugger, which the page's CSP does not restrict.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const results = await page.evaluate(async (): Promise<AxeResults> => {
    const { axe: injected } = globalThis as unknown as { axe: typeof axe };
    return injected.run(document, { resultTypes: ['violations'] });
  });
  return results.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`,
  );
}

/** Checks pages in turn and collects the violations, so that one run reports all of them. */
export function looker(page: Page): {
  readonly found: Record<string, string[]>;
  readonly look: (name: string) => Promise<void>;
} {
  const found: Record<string, string[]> = {};
  return {
    found,
    look: async (name) => {
      const problems = await violations(page);
      if (problems.length > 0) found[name] = problems;
    },
  };
}
