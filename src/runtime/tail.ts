/** Keeps the last bytes that a process wrote. */
const KEPT_BYTES = 4096;

export class Tail {
  #bytes = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(-KEPT_BYTES);
  }

  text(): string {
    return this.#bytes.toString();
  }
}
