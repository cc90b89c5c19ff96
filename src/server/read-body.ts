/** Reads the whole body of a request, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { GalapagosError } from '../core/errors.ts';

/**
 * @param most maximum size, in bytes
 * @throws GalapagosError `too-large`; an announced length over the limit is refused before reading
 */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) {
    request.resume();
    throw tooLarge(most, `${announced}`);
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) throw tooLarge(most, 'more');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(most: number, found: string): GalapagosError {
  const expected = `a request of at most ${most} bytes`;
  return new GalapagosError('too-large', `expected ${expected}, found ${found}`, {
    expected,
    found,
  });
}
