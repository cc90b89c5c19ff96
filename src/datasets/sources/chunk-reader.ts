/** Reads exact amounts from a stream of chunks, for sequential formats. */
import { grouped, mismatch, type DatasetError } from '../dataset-error.ts';

export class ChunkReader {
  readonly name: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Number of bytes returned so far. */
  offset = 0;

  constructor(name: string, chunks: AsyncIterable<Uint8Array>) {
    this.name = name;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Up to `most` bytes, at least one; null at the end. Valid until the next call. */
  async some(most: number): Promise<Uint8Array | null> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    this.offset += part.length;
    return part;
  }

  /**
   * Returns a copy of exactly `length` bytes; null if the stream ended before the first. @throws
   * DatasetError if it ends within
   */
  async exactly(length: number): Promise<Uint8Array | null> {
    const content = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const part = await this.some(length - filled);
      if (part === null) {
        if (filled === 0) return null;
        throw this.#cut(length - filled);
      }
      content.set(part, filled);
      filled += part.length;
    }
    return content;
  }

  /**
   * The next `length` bytes as chunks, each valid until the next. @throws DatasetError if there are
   * fewer
   */
  async *run(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const part = await this.some(left);
      if (part === null) throw this.#cut(left);
      left -= part.length;
      yield part;
    }
  }

  /** Skips this many bytes. @throws DatasetError if there are fewer */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const part = await this.some(left);
      if (part === null) throw this.#cut(left);
      left -= part.length;
    }
  }

  /** A copy of the next `most` bytes, fewer where the stream ends. */
  async upTo(most: number): Promise<Uint8Array> {
    const content = new Uint8Array(most);
    let filled = 0;
    for (
      let part = await this.some(most);
      part !== null;
      part = filled < most ? await this.some(most - filled) : null
    ) {
      content.set(part, filled);
      filled += part.length;
    }
    return content.subarray(0, filled);
  }

  /** The rest of the stream. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let part = await this.some(Infinity); part !== null; part = await this.some(Infinity))
      yield part;
  }

  /** Ends the stream early. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #cut(missing: number): DatasetError {
    return mismatch(
      this.name,
      `offset ${String(this.offset)}`,
      `${grouped(missing)} more bytes`,
      'the end',
      'the file is cut short',
    );
  }
}
