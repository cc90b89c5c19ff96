/**
 * Limits the expansion of archives: counts the decompressed bytes against the size of the file on
 * disk, however nested.
 */
import { grouped, mismatch } from '../dataset-error.ts';

/** Real data compress less: digits by 5, photographs by 1.1; deflate reaches 1,030. */
const MOST_RATIO = 250;
/** Size below which any ratio is accepted. */
const FREE_BYTES = 64 * 2 ** 20;

export class Expansion {
  readonly #file: string;
  readonly #limit: number;
  #expanded = 0;

  /** @param bytes of the outermost archive on disk */
  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#limit = Math.max(FREE_BYTES, MOST_RATIO * bytes);
  }

  /** @throws DatasetError when the limit is exceeded */
  took(bytes: number, entry: string): void {
    this.#expanded += bytes;
    if (this.#expanded > this.#limit)
      throw mismatch(
        this.#file,
        null,
        `at most ${grouped(this.#limit)} bytes unpacked, ${String(MOST_RATIO)} times its size`,
        `more at ${entry}`,
        'it expands without bound',
      );
  }
}
