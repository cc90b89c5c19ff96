/** Base32 (RFC 4648) in lower case without padding, for ids and texts that people copy. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS = 5;

export function base32(bytes: Uint8Array): string {
  let [text, held, bits] = ['', 0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= BITS) {
      bits -= BITS;
      text += ALPHABET.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (BITS - bits)) & 31);
}

/**
 * Returns the bytes of a text in either case; null: it contains other characters, or its last bits
 * are no whole byte and not zero.
 */
export function fromBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * BITS) / 8));
  let [held, bits, length] = [0, 0, 0];
  for (const character of text.toLowerCase()) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    held = (held << BITS) | value;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = held >>> bits;
    held &= (1 << bits) - 1;
  }
  return held === 0 && bits < BITS ? bytes : null;
}
