/** An error from the host: a code and its facts. The messages are in `errors.ts`. */
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

/** Converts anything that was thrown into a failure that has a message. */
export function toFailure(error: unknown): EndpointFailure {
  if (error instanceof EndpointFailure) return error;
  return new EndpointFailure({
    code: 'internal',
    data: { message: error instanceof Error ? error.message : String(error) },
  });
}
