/** Calls of endpoints from a page, as the window makes them. */
import type { Page } from 'playwright-core';
import type { Answer } from '../../src/protocol/endpoint.ts';
import type { CallInput, CallName, CallOutput } from '../../src/protocol/endpoints.ts';

/** @throws the error of the endpoint */
export async function ask<Name extends CallName>(
  page: Page,
  name: Name,
  input: CallInput<Name>,
): Promise<CallOutput<Name>> {
  const answer: Answer = await page.evaluate(
    async ({ path, body }) => {
      const response = await fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return (await response.json()) as Answer;
    },
    { path: `/api/${name}`, body: JSON.stringify(input) },
  );
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
  return answer.value as CallOutput<Name>;
}
