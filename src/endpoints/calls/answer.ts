/**
 * Answers one call by the endpoint table: parses the input, calls the handler, and returns the
 * result or error in an envelope that every binding can transport.
 */
import type { z } from 'zod';
import type { Answer, CallContext, Calls, HandlersOf } from '../../protocol/endpoint.ts';
import { check } from '../../protocol/problems.ts';
import { toEndpointError } from './errors.ts';

export async function answer<Table extends Calls>(
  table: Table,
  handlers: HandlersOf<Table>,
  name: string,
  input: unknown,
  context: CallContext,
): Promise<Answer> {
  const schema: z.ZodType | undefined = Object.hasOwn(table, name) ? table[name]?.input : undefined;
  if (schema === undefined)
    return { ok: false, error: { code: 'unknown-endpoint', data: { name } } };
  const parsed = check(schema, input);
  if (!parsed.ok)
    return {
      ok: false,
      error: { code: 'invalid-input', data: { source: name, problems: parsed.problems } },
    };
  return answerParsed(handlers, name, parsed.value, context);
}

/**
 * As `answer`, for an input already parsed by the schema of the call. @param name an endpoint of
 * the table
 */
export async function answerParsed<Table extends Calls>(
  handlers: HandlersOf<Table>,
  name: keyof Table,
  input: unknown,
  context: CallContext,
): Promise<Answer> {
  try {
    // The handler's type is derived from the schema that parsed the input.
    const handle = handlers[name] as (input: unknown, context: CallContext) => unknown;
    return { ok: true, value: await handle(input, context) };
  } catch (error) {
    return { ok: false, error: toEndpointError(error) };
  }
}
