/**
 * Splits bytes of a program into lines and decodes them: as UTF-8, or else as the Windows code page
 * 1252, in which every byte has a character.
 */

/** Longest line, in bytes; a longer one is cut between two characters. */
const LONGEST_LINE = 64 * 1024;

const [LF, CR] = [0x0a, 0x0d];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
/** Characters of the bytes 0x80 to 0x9f; a `TextDecoder` of some releases of Node has others. */
const CODE_PAGE = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

export function decodeLine(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes)
      .toString('latin1')
      .replaceAll(/[\u0080-\u009f]/g, (each) => CODE_PAGE.charAt(each.charCodeAt(0) - 0x80));
  }
}

/**
 * Number of bytes before a place that belong to an UTF-8 character which the place divides; 0: the
 * place is between two characters, or the bytes are not UTF-8.
 */
export function inCharacter(bytes: Uint8Array, at: number): number {
  for (let back = 1; back <= 3 && back <= at; back++) {
    const byte = bytes[at - back] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
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
        const end = at - inCharacter(bytes, at);
        this.#line(decodeLine(bytes.subarray(start, end)));
        start = end;
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
