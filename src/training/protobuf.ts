/**
 * Encoder of the protocol buffers wire format (https://protobuf.dev/programming-guides/encoding).
 * Fields are appended to a message.
 */

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

export class Message {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** An integer, bool or enum; negative values as 64-bit two's complement. */
  integer(field: number, value: number): this {
    return this.#raw([...varint(field * 8 + VARINT), ...varint(value)]);
  }

  float(field: number, value: number): this {
    this.#raw(varint(field * 8 + FIXED32));
    return this.#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#raw([...varint(field * 8 + BYTES), ...varint(value.length)]);
    return this.#push(value);
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.encode());
  }

  /** Packed repeated integers. */
  packed(field: number, values: readonly number[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap(varint)));
  }

  /** One entry of a map with string keys. */
  entry(field: number, key: string, value: Message | string): this {
    const entry = new Message().text(1, key);
    return this.message(
      field,
      typeof value === 'string' ? entry.text(2, value) : entry.message(2, value),
    );
  }

  encode(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #raw(values: readonly number[]): this {
    return this.#push(Uint8Array.from(values));
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

/** @param value an integer, |value| < 2⁵³ */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return bytes;
}
