/** Converts thrown errors to `{ code, data }` for a window. A stack is never sent. */
import { GalapagosError } from '../../core/errors.ts';
import type { EndpointError } from '../../protocol/endpoint.ts';

export function toEndpointError(error: unknown): EndpointError {
  if (error instanceof GalapagosError)
    return { code: error.code, data: { message: error.message, ...plain(error.data) } };
  return {
    code: 'internal',
    data: { message: error instanceof Error ? error.message : String(error) },
  };
}

/** Converts data to what JSON can represent, so that every binding transports it alike. */
function plain(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
}
