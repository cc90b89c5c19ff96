/**
 * Samples of a built-in dataset: compressed IDX files, read from the beginning as far as needed.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { mismatch, unreadable } from '../dataset-error.ts';
import { ChunkReader } from '../sources/chunk-reader.ts';
import type { SampleSource } from './sample-source.ts';

/** Small enough that scanning one takes less than a millisecond. */
const CHUNK = 16 * 1024;

export class IdxSource implements SampleSource {
  readonly #labels: ChunkReader;
  readonly #images: ChunkReader;
  readonly #rank: number;
  readonly #size: number;

  /** @param shape of a sample: one channel */
  constructor(images: string, labels: string, shape: readonly number[]) {
    this.#images = new ChunkReader(images, unzipped(images));
    this.#labels = new ChunkReader(labels, unzipped(labels));
    this.#rank = shape.length;
    this.#size = shape.reduce((product, n) => product * n, 1);
  }

  async *labels(): AsyncGenerator<ArrayLike<number>> {
    await this.#labels.skip(headerBytes(1));
    yield* this.#labels.rest();
  }

  async values(sample: number): Promise<Uint8Array> {
    await this.#images.skip(headerBytes(this.#rank) + sample * this.#size - this.#images.offset);
    const values = await this.#images.exactly(this.#size);
    if (values === null)
      throw mismatch(this.#images.name, null, `sample ${String(sample)}`, 'the end');
    return values;
  }

  targets(): Promise<Float32Array> {
    return Promise.resolve(new Float32Array(0));
  }

  async close(): Promise<void> {
    await Promise.all([this.#images.close(), this.#labels.close()]);
  }
}

function headerBytes(rank: number): number {
  return 4 + 4 * rank;
}

async function* unzipped(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const transform = createGunzip({ chunkSize: CHUNK });
  file.on('error', (error) => transform.destroy(error));
  try {
    for await (const chunk of file.pipe(transform)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file.destroy();
    transform.destroy();
  }
}
