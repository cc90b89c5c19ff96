/** Protocol Buffers' wire format, writing only: varints and length-delimited fields, as far as ONNX needs them. Knows no schema. */

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

export class ProtobufWriter {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** A whole number ≥ 0 below 2⁵³. */
  integer(field: number, value: number): this {
    return this.#key(field, VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#key(field, FIXED32).#append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#key(field, BYTES).#varint(value.length).#append(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtobufWriter): this {
    this.#key(field, BYTES).#varint(value.#length);
    for (const piece of value.#pieces) this.#append(piece);
    return this;
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  #key(field: number, wireType: number): this {
    return this.#varint(8 * field + wireType);
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    return this.#append(Uint8Array.from(bytes));
  }

  #append(piece: Uint8Array): this {
    this.#pieces.push(piece);
    this.#length += piece.length;
    return this;
  }
}
