/**
 * An error of the host as the window holds it: a code and what it is about. The words are in
 * `errors.ts`.
 */
import type { EndpointError } from '../protocol/endpoint.ts';

export class EndpointFailure extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor({ code, data }: EndpointError) {
    super(typeof data['message'] === 'string' ? data['message'] : code);
    this.name = 'EndpointFailure';
    this.code = code;
    this.data = data;
  }
}

/** Whatever was thrown, as a failure that has words. */
export function toFailure(error: unknown): EndpointFailure {
  if (error instanceof EndpointFailure) return error;
  return new EndpointFailure({
    code: 'internal',
    data: { message: error instanceof Error ? error.message : String(error) },
  });
}
