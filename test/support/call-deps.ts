/**
 * Dependencies of endpoint handlers, in a temporary folder, and a function that calls handlers as a
 * window does.
 */
import { resolve } from 'node:path';
import { GalapagosError } from '../../src/core/errors.ts';
import { answer } from '../../src/endpoints/calls/answer.ts';
import type { CallDeps } from '../../src/endpoints/calls/call-deps.ts';
import type { Answer, CallContext, Calls, HandlersOf } from '../../src/protocol/endpoint.ts';
import { commands, queries } from '../../src/protocol/endpoints.ts';

export const RESOURCES = resolve('resources');
export const WINDOW: CallContext = { host: 'electron', signal: new AbortController().signal };

export function callDeps(folder: string, more: Partial<CallDeps> = {}): CallDeps {
  return {
    resources: RESOURCES,
    userFolder: folder,
    labFile: () => null,
    holdUpload: (id) => {
      throw new GalapagosError('unknown-upload', `there is no upload ${id}`);
    },
    lab: () => null,
    cards: () => [],
    chosenScripts: new Set(),
    names: () => new Set(),
    datasetsChanged: () => undefined,
    importsChanged: () => undefined,
    ...more,
  };
}

const table: Calls = { ...queries, ...commands };

/**
 * Calls a handler through the table: parses the input, and checks the output against its schema,
 * which hosts rely on.
 */
export async function ask(
  handlers: object,
  name: string,
  input: unknown,
  context: CallContext = WINDOW,
): Promise<Answer> {
  const answered = await answer(table, handlers as HandlersOf<Calls>, name, input, context);
  if (answered.ok) table[name]?.output.parse(answered.value);
  return answered;
}

/** Returns the value; an error fails the test with its message. */
export async function asked<T>(
  handlers: object,
  name: string,
  input: unknown,
  context?: CallContext,
): Promise<T> {
  const answered = await ask(handlers, name, input, context);
  if (!answered.ok)
    throw new Error(`${answered.error.code}: ${JSON.stringify(answered.error.data)}`);
  return JSON.parse(JSON.stringify(answered.value)) as T;
}
