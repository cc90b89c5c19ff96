/**
 * Counts the ZMTP frames of a byte stream. Encryption hides what a frame contains and where a
 * message ends, but not the lengths of frames.
 */

/** Bytes of a greeting, which precedes the frames. */
const GREETING_BYTES = 64;
/** Flag of a frame whose length takes 8 bytes instead of 1. */
const LONG = 0x02;

export class FrameCount {
  /** Bytes until the next frame begins. */
  #left = GREETING_BYTES;
  /** Bytes of the length that follow; 0: the next byte outside a frame's content is its flags. */
  #lengthBytes = 0;
  #length = 0;

  /** Returns the number of frames that begin in the next bytes of the stream. */
  in(bytes: Buffer): number {
    let frames = 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const content = Math.min(this.#left, bytes.length - at);
        this.#left -= content;
        at += content;
        continue;
      }
      const byte = bytes.readUInt8(at++);
      if (this.#lengthBytes === 0) {
        frames += 1;
        this.#lengthBytes = (byte & LONG) === 0 ? 1 : 8;
        this.#length = 0;
        continue;
      }
      this.#length = this.#length * 256 + byte;
      this.#lengthBytes -= 1;
      if (this.#lengthBytes === 0) this.#left = this.#length;
    }
    return frames;
  }
}
