/// <reference lib="dom" />
/** Functions that the tests run in the page: calls over the bridge, as the window makes them. */
import type { Page } from 'playwright-core';
import type { Answer, Bridge, StreamAnswer } from '../../src/protocol/endpoint.ts';
import type {
  CallInput,
  CallName,
  CallOutput,
  SubscriptionBody,
  SubscriptionInput,
  SubscriptionName,
} from '../../src/protocol/endpoints.ts';

declare global {
  interface Window {
    readonly galapagos?: Bridge<File>;
  }
}

/** Any name and input: the answer in its envelope. */
export function askAnything(page: Page, name: string, input: unknown): Promise<Answer> {
  return page.evaluate(
    ([of, given]) => window.galapagos?.call(of, given) ?? Promise.reject(new Error('no bridge')),
    [name, input] as const,
  );
}

/** @throws with the error's code when the answer is one */
export async function ask<Name extends CallName>(
  page: Page,
  name: Name,
  input: CallInput<Name>,
): Promise<CallOutput<Name>> {
  const answer = await askAnything(page, name, input);
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
  return answer.value as CallOutput<Name>;
}

/** The first snapshot of a new stream, as JSON. */
export async function snapshotOf<Name extends SubscriptionName>(
  page: Page,
  name: Name,
  input: SubscriptionInput<Name>,
): Promise<SubscriptionBody<Name>> {
  const body = await page.evaluate(
    ([of, given]) =>
      new Promise((resolve, reject) => {
        const { galapagos } = window;
        if (galapagos === undefined) throw new Error('no bridge');
        const heard = (answer: StreamAnswer): void => {
          stream.close();
          if (answer.op === 'message') resolve(answer.body);
          else reject(new Error(answer.error.code));
        };
        const stream = galapagos.stream(heard, () =>
          stream.send({ op: 'subscribe', id: 0, name: of, input: given }),
        );
      }),
    [name, input] as const,
  );
  return body as SubscriptionBody<Name>;
}

/** Sets a file into an input of the page, and returns the path that the bridge sees. */
export async function pathSeen(page: Page, file: string): Promise<string | null> {
  await page.evaluate(() => {
    const field = Object.assign(document.createElement('input'), { type: 'file', id: 'a-file' });
    document.body.append(field);
  });
  await page.setInputFiles('#a-file', file);
  return page.evaluate(() => {
    const [chosen] = document.querySelector<HTMLInputElement>('#a-file')?.files ?? [];
    return chosen === undefined ? null : (window.galapagos?.pathOf(chosen) ?? null);
  });
}

/** Drops that file on the window, as the system would. */
export function drop(page: Page): Promise<void> {
  return page.evaluate(() => {
    const field = document.querySelector<HTMLInputElement>('#a-file');
    const [file] = field?.files ?? [];
    if (field === null || file === undefined) throw new Error('nothing to drop');
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    for (const type of ['dragenter', 'dragover', 'drop'])
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
      );
    field.remove();
  });
}
