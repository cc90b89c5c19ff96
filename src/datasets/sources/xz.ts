/**
 * xz through xz-decompress (XZ Embedded as WebAssembly), sequentially. Its memory is the archive's
 * dictionary: 8 MB by default, at most 64.
 */
import { createRequire } from 'node:module';
import type * as Xz from 'xz-decompress';
import { broken, DatasetError } from '../dataset-error.ts';
import { runs, type Bytes } from './bytes.ts';

const RUN = 256 * 1024;

export async function* unxz(bytes: Bytes): AsyncGenerator<Uint8Array> {
  // Loaded on demand: most imports never need it.
  const { XzReadableStream } = createRequire(import.meta.url)('xz-decompress') as typeof Xz;
  const packed = runs(bytes, 0, bytes.length, RUN);
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = packed.next();
        if (next.done === true) controller.close();
        else controller.enqueue(Uint8Array.from(next.value));
      },
    },
    { highWaterMark: 1 },
  );
  const reader = new XzReadableStream(source).getReader();
  let ended = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    ended = true;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw broken(bytes.name, null, 'a whole xz file', error);
  } finally {
    // The library frees its decoder twice if it is cancelled just before the end.
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}
