/**
 * Splits bytes of a program into lines and decodes them: as UTF-8, or else as the Windows code page
 * 1252, in which every byte has a character.
 */

/** Longest line; a longer one is cut into lines of this length, in bytes. */
const LONGEST_LINE = 64 * 1024;

const [LF, CR] = [0x0a, 0x0d];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const codePage = new TextDecoder('windows-1252');

export function decodeLine(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return codePage.decode(bytes);
  }
}

/**
 * Calls back with each line as soon as it is whole. A carriage return ends a line as well, as
 * progress bars have it, unless the line is empty.
 */
export class Lines {
  readonly #line: (text: string) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** The byte before the rest was a carriage return that ended a line. */
  #afterReturn = false;

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  add(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let at = this.#rest.length; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LF || byte === CR) {
        if (at > start || (byte === LF && !this.#afterReturn))
          this.#line(decodeLine(bytes.subarray(start, at)));
        this.#afterReturn = byte === CR && at > start;
        start = at + 1;
      } else if (at - start >= LONGEST_LINE) {
        this.#line(decodeLine(bytes.subarray(start, at)));
        start = at;
        this.#afterReturn = false;
      }
    }
    bytes = bytes.subarray(start);
    // A copy, so that a short rest does not keep a long chunk in memory.
    this.#rest = Buffer.from(bytes);
  }

  /** The last line may lack its end. */
  end(): void {
    if (this.#rest.length > 0) this.#line(decodeLine(this.#rest));
    this.#rest = Buffer.alloc(0);
  }
}
