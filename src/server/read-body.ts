/** A request's body, whole, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { GalapagosError } from '../core/errors.ts';

/** @throws GalapagosError `too-large` */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) {
      throw new GalapagosError('too-large', `expected at most ${most} bytes, found more`, {
        expected: `at most ${most} bytes`,
        found: 'more',
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
