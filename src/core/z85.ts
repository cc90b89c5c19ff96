/** Z85 (ZeroMQ RFC 32), the text form of the keys that ZeroMQ's options take. */

const ALPHABET =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const BASE = 85;

/** @throws RangeError for a number of bytes that four does not divide: a programming error */
export function z85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes in groups of 4`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    const value = view.getUint32(i);
    for (let power = BASE ** 4; power >= 1; power /= BASE)
      text += ALPHABET.charAt(Math.floor(value / power) % BASE);
  }
  return text;
}

/** Returns the bytes of a text; null: it is not Z85. */
export function fromZ85(text: string): Uint8Array | null {
  if (text.length % 5 !== 0) return null;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (const character of text.slice(i, i + 5)) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) return null;
      value = value * BASE + digit;
    }
    if (value > 0xffff_ffff) return null;
    view.setUint32((i / 5) * 4, value);
  }
  return bytes;
}
