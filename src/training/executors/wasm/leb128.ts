/**
 * Encodes the variable-length integers and the floats of WebAssembly's binary format, appended to a
 * list of bytes.
 */

/** Unsigned LEB128 of 0 ≤ n < 2³². */
export function writeLeb(to: number[], n: number): void {
  let rest = n >>> 0;
  while (rest > 0x7f) {
    to.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  to.push(rest);
}

/** Signed LEB128 of an int32. */
export function writeSignedLeb(to: number[], n: number): void {
  let rest = n | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      to.push(low);
      return;
    }
    to.push(low | 0x80);
  }
}

const scratch = new DataView(new ArrayBuffer(4));

/** Little-endian float32. */
export function writeFloat(to: number[], value: number): void {
  scratch.setFloat32(0, value, true);
  for (let i = 0; i < 4; i++) to.push(scratch.getUint8(i));
}

/** Little-endian int32. */
export function writeInt(to: number[], value: number): void {
  to.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
}
