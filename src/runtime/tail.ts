/** Keeps the last bytes that a process wrote, without a copy of them for each chunk. */
const KEPT_BYTES = 4096;

/** Greatest number of chunks before they are joined. */
const MOST_CHUNKS = 1_000;

export class Tail {
  readonly #kept: number;
  #chunks: Buffer[] = [];
  #length = 0;

  /** @param keptBytes default 4,096 */
  constructor(keptBytes = KEPT_BYTES) {
    this.#kept = keptBytes;
  }

  add(chunk: Buffer): void {
    // A copy of the end, so that a short tail does not keep long chunks in memory.
    this.#chunks.push(chunk.length > this.#kept ? Buffer.from(chunk.subarray(-this.#kept)) : chunk);
    this.#length += chunk.length;
    if (this.#length <= 4 * this.#kept && this.#chunks.length <= MOST_CHUNKS) return;
    const kept = Buffer.from(this.bytes());
    this.#chunks = [kept];
    this.#length = kept.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks).subarray(-this.#kept);
  }

  text(): string {
    return this.bytes().toString();
  }
}
