/**
 * Passes a part of a file through one of zlib's transforms and yields chunks; an error names the
 * file.
 */
import type { Transform } from 'node:stream';
import { broken, DatasetError } from '../dataset-error.ts';
import { runs, type Bytes } from './bytes.ts';

const RUN = 256 * 1024;

/** @param what it must be, for errors: `a whole gzip file` */
export async function* streamed(
  transform: Transform,
  bytes: Bytes,
  from: number,
  length: number,
  label: string,
  what: string,
): AsyncGenerator<Uint8Array> {
  transform.on('error', () => undefined); // reported to the consumer
  const fed = feed(transform, bytes, from, length);
  try {
    for await (const chunk of transform) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw broken(label, null, what, error);
  } finally {
    transform.destroy();
    await fed;
  }
}

async function feed(
  transform: Transform,
  bytes: Bytes,
  from: number,
  length: number,
): Promise<void> {
  try {
    for (const run of runs(bytes, from, length, RUN)) {
      if (transform.destroyed) return;
      // A copy: what was read is valid only until the next read.
      if (!transform.write(Buffer.from(run))) await roomIn(transform);
    }
    transform.end();
  } catch (error) {
    transform.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Resolves when it accepts more, or has ended. */
function roomIn(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      transform.off('drain', go).off('close', go);
      resolve();
    };
    transform.on('drain', go).on('close', go);
  });
}
