/** xz through xz-decompress (XZ Embedded as WebAssembly), from front to end. Its memory is the archive's dictionary: 8 MB by default, 64 at most. */
import { DatasetError, reasonOf } from '../dataset-error.ts';
import { runs, type Bytes } from './bytes.ts';

const RUN = 256 * 1024;

export async function* unxz(bytes: Bytes): AsyncGenerator<Uint8Array> {
  // Loaded where it is used: most imports never need it.
  const { default: module } = await import('xz-decompress');
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
  try {
    for await (const chunk of new module.XzReadableStream(source)) yield chunk;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw new DatasetError(bytes.name, `is not a whole xz file (${reasonOf(error)})`);
  }
}
