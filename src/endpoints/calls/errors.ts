/** What is thrown, as it crosses to a window: `{ code, data }`. A stack never crosses. */
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

/** As JSON would leave it, so that it crosses every binding alike. */
function plain(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
}
