/**
 * Builder of a function body: methods that append the bytes of the instructions that the kernels
 * use.
 */
import { writeFloat, writeInt, writeLeb, writeSignedLeb } from './leb128.ts';

export type ValueType = 'i32' | 'f32' | 'v128';
/** Index of a local. */
export type Local = number;
/** A pointer that advances by `step` bytes per iteration. */
export type Moving = readonly [pointer: Local, step: number];

/** Instructions without immediates, by name. */
const PLAIN = {
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_u': [0x49],
  'i32.div_u': [0x6e],
  'i32.rem_u': [0x70],
  'i32.popcnt': [0x69],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.shl': [0x74],
  'f32.ne': [0x5c],
  'f32.sqrt': [0x91],
  'f32.add': [0x92],
  'f32.sub': [0x93],
  'f32.mul': [0x94],
  'f32.div': [0x95],
  'f32.min': [0x96],
  'f32.convert_i32_u': [0xb3],
  select: [0x1b],
} as const satisfies Record<string, readonly number[]>;

/** SIMD instructions without immediates; values are the opcodes after 0xfd. */
const VECTOR = {
  'i8x16.swizzle': 14,
  'i32x4.splat': 17,
  'f32x4.splat': 19,
  'i32x4.eq': 55,
  'i32x4.lt_s': 57,
  'i32x4.lt_u': 58,
  'f32x4.eq': 65,
  'f32x4.ne': 66,
  'f32x4.lt': 67,
  'f32x4.gt': 68,
  'v128.and': 78,
  'v128.andnot': 79,
  'v128.or': 80,
  'v128.xor': 81,
  'v128.bitselect': 82,
  'v128.any_true': 83,
  'i16x8.extend_low_i8x16_u': 137,
  'i16x8.extend_high_i8x16_u': 138,
  'f32x4.nearest': 106,
  'i32x4.bitmask': 164,
  'i32x4.extend_low_i16x8_u': 169,
  'i32x4.extend_high_i16x8_u': 170,
  'i32x4.shl': 171,
  'i32x4.shr_s': 172,
  'i32x4.add': 174,
  'i32x4.sub': 177,
  'i32x4.mul': 181,
  'i64x2.extmul_low_i32x4_u': 222,
  'i64x2.extmul_high_i32x4_u': 223,
  'f32x4.abs': 224,
  'f32x4.neg': 225,
  'f32x4.sqrt': 227,
  'f32x4.add': 228,
  'f32x4.sub': 229,
  'f32x4.mul': 230,
  'f32x4.div': 231,
  'f32x4.min': 232,
  'f32x4.max': 233,
  'f32x4.pmin': 234,
  'f32x4.pmax': 235,
  'i32x4.trunc_sat_f32x4_s': 248,
  'f32x4.convert_i32x4_s': 250,
} as const;

export class Body {
  readonly code: number[] = [];
  readonly #params: number;
  readonly #fused: boolean;
  readonly #locals: ValueType[] = [];
  /** Released locals by type, for reuse. */
  readonly #free: Record<ValueType, Local[]> = { i32: [], f32: [], v128: [] };

  /** @param fused whether `multiplyAdd` rounds once (relaxed SIMD) instead of twice */
  constructor(params: number, fused = false) {
    this.#params = params;
    this.#fused = fused;
  }

  local(type: ValueType): Local {
    const free = this.#free[type].pop();
    if (free !== undefined) return free;
    this.#locals.push(type);
    return this.#params + this.#locals.length - 1;
  }

  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** Releases locals for reuse. */
  release(type: ValueType, ...locals: Local[]): void {
    this.#free[type].push(...locals);
  }

  /** Locals in order of allocation, as runs of one type. */
  localRuns(): { type: ValueType; count: number }[] {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count += 1;
      else runs.push({ type, count: 1 });
    }
    return runs;
  }

  get(local: Local): this {
    return this.#with(0x20, local);
  }

  set(local: Local): this {
    return this.#with(0x21, local);
  }

  tee(local: Local): this {
    return this.#with(0x22, local);
  }

  i32(n: number): this {
    this.code.push(0x41);
    writeSignedLeb(this.code, n);
    return this;
  }

  f32(value: number): this {
    this.code.push(0x43);
    writeFloat(this.code, value);
    return this;
  }

  /** Pushes four int32. */
  i32x4(a: number, b: number, c: number, d: number): this {
    this.code.push(0xfd, 12);
    writeInt(this.code, a);
    writeInt(this.code, b);
    writeInt(this.code, c);
    writeInt(this.code, d);
    return this;
  }

  /** Pushes one float32 in all four lanes. */
  f32x4(value: number): this {
    this.code.push(0xfd, 12);
    for (let lane = 0; lane < 4; lane++) writeFloat(this.code, value);
    return this;
  }

  bytes16(bytes: readonly number[]): this {
    return this.#emit(0xfd, 12, ...bytes);
  }

  plain(name: keyof typeof PLAIN): this {
    return this.#emit(...PLAIN[name]);
  }

  vector(name: keyof typeof VECTOR): this {
    return this.#with(0xfd, VECTOR[name]);
  }

  shuffle(lanes: readonly number[]): this {
    return this.#emit(0xfd, 13, ...lanes);
  }

  /** Extracts a lane of a vector as i32 or f32. */
  extract(type: 'i32' | 'f32', lane: number): this {
    return this.#emit(0xfd, type === 'i32' ? 27 : 31, lane);
  }

  load(type: ValueType, offset = 0): this {
    if (type === 'v128') this.code.push(0xfd, 0);
    else this.code.push(type === 'i32' ? 0x28 : 0x2a);
    return this.#with(2, offset);
  }

  /** Loads one float32 or int32 into all four lanes. */
  loadSplat(offset = 0): this {
    this.code.push(0xfd, 9);
    return this.#with(2, offset);
  }

  /** Loads four bytes into the lowest lane; the other lanes are 0. */
  loadWord(offset = 0): this {
    this.code.push(0xfd, 92);
    return this.#with(0, offset);
  }

  loadByte(offset = 0): this {
    this.code.push(0x2d);
    return this.#with(0, offset);
  }

  store(type: ValueType, offset = 0): this {
    if (type === 'v128') this.code.push(0xfd, 11);
    else this.code.push(type === 'i32' ? 0x36 : 0x38);
    return this.#with(2, offset);
  }

  call(index: number): this {
    return this.#with(0x10, index);
  }

  /** Fills `bytes` bytes from the pointer on with zeros (memory.fill). */
  clearAt(pointer: Local, bytes: number): this {
    return this.get(pointer).i32(0).i32(bytes).#emit(0xfc, 11, 0);
  }

  /** Sets `sum` to sum + a·b, for vectors. */
  multiplyAdd(sum: Local, a: Local, b: Local): this {
    if (this.#fused) return this.get(a).get(b).get(sum).#emit(0xfd, 0x85, 0x02).set(sum);
    return this.get(sum).get(a).get(b).vector('f32x4.mul').vector('f32x4.add').set(sum);
  }

  /** Pushes c + a·b; the callbacks push the operands. */
  pushMultiplyAdd(c: () => unknown, a: () => unknown, b: () => unknown): this {
    if (this.#fused) {
      a();
      b();
      c();
      return this.#emit(0xfd, 0x85, 0x02);
    }
    c();
    a();
    b();
    return this.vector('f32x4.mul').vector('f32x4.add');
  }

  /** Advances a pointer. */
  advance(pointer: Local, bytes: number): this {
    return bytes === 0 ? this : this.get(pointer).i32(bytes).plain('i32.add').set(pointer);
  }

  /**
   * Emits a loop of `count` iterations (a constant) that advances the pointers after each
   * iteration.
   */
  repeat(count: number, moving: readonly Moving[], body: () => void): this {
    if (count <= 0) return this;
    const step = (): void => {
      body();
      for (const [pointer, bytes] of moving) this.advance(pointer, bytes);
    };
    if (count === 1) {
      step();
      return this;
    }
    const left = this.local('i32');
    this.i32(count).set(left).#emit(0x03, 0x40);
    step();
    this.get(left).i32(1).plain('i32.sub').tee(left).#emit(0x0d, 0, 0x0b);
    this.release('i32', left);
    return this;
  }

  /** As `repeat`, with the count in a local, which is not changed; no iteration if it is 0. */
  times(count: Local, moving: readonly Moving[], body: () => void): this {
    const left = this.local('i32');
    this.#emit(0x02, 0x40).get(count).tee(left).plain('i32.eqz').#emit(0x0d, 0, 0x03, 0x40);
    body();
    for (const [pointer, bytes] of moving) this.advance(pointer, bytes);
    this.get(left).i32(1).plain('i32.sub').tee(left).#emit(0x0d, 0, 0x0b, 0x0b);
    this.release('i32', left);
    return this;
  }

  /** Emits a loop while `pointer` < `end` (unsigned addresses); the body advances the pointer. */
  while(pointer: Local, end: Local, body: () => void): this {
    this.#emit(0x02, 0x40, 0x03, 0x40);
    this.get(pointer).get(end).plain('i32.lt_u').plain('i32.eqz').#emit(0x0d, 1);
    body();
    return this.#emit(0x0c, 0, 0x0b, 0x0b);
  }

  /** Appends a byte (an opcode or an alignment) and an unsigned integer. */
  #with(byte: number, n: number): this {
    this.code.push(byte);
    writeLeb(this.code, n);
    return this;
  }

  #emit(...bytes: readonly number[]): this {
    for (const byte of bytes) this.code.push(byte);
    return this;
  }
}
