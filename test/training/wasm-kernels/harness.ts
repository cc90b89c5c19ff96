/**
 * Runs one kernel in a separate module, with guard words between its operands.
 */
import { expect } from 'vitest';
import { keyOf, philox, PURPOSE } from '../../../src/core/random.ts';
import { ModuleBuilder } from '../../../src/training/executors/wasm/assembler.ts';
import { engine } from '../../../src/training/executors/wasm/engine.ts';
import { BUFFERS, FRAME } from '../../../src/training/executors/wasm/kernels/frame.ts';
import type { Kernel } from '../../../src/training/executors/wasm/kernels/kernel.ts';

export type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
/**
 * A buffer, which the kernel changes in place (the same buffer twice is one place), or a number.
 */
export type Operand = Words | number;

/** Guard word around operands: a NaN, so that reads of it are noticed. */
const GUARD = 0x7fc0beef;
const GUARD_WORDS = 16;

/** Calls the kernel once. Fails if it writes outside its operands. */
export async function runKernel(
  kernel: Kernel,
  operands: readonly Operand[],
  frame: Partial<Record<keyof typeof FRAME, number>> = {},
) {
  expect(kernel.parameters).toBe(operands.length);
  const module = new ModuleBuilder();
  const parameters = operands.map((_, i) => i);
  module.define(
    operands.map(() => 'i32'),
    (body) => {
      kernel.emit(body, parameters);
    },
    'run',
  );
  const buffers = [...new Set(operands.filter((o) => typeof o !== 'number'))];
  const bytes =
    BUFFERS + buffers.reduce((sum, b) => sum + b.byteLength + 8 * GUARD_WORDS, 4 * GUARD_WORDS);
  const memory = new engine.Memory({ initial: Math.ceil(bytes / 65536) });
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  words.fill(GUARD);
  for (const [name, value] of Object.entries(frame)) {
    const at = FRAME[name as keyof typeof FRAME] / 4;
    if (name === 'share') floats[at] = value;
    else words[at] = value;
  }
  const before = new Map<Words, number>();
  let next = BUFFERS / 4 + GUARD_WORDS;
  for (const buffer of buffers) {
    before.set(buffer, next * 4);
    words.set(new Uint32Array(buffer.buffer), next);
    next += Math.ceil(buffer.length / 4) * 4 + GUARD_WORDS;
  }
  const inside = new Uint8Array(words.length);
  for (const [buffer, at] of before) inside.fill(1, at / 4, at / 4 + buffer.length);
  const untouched = words.slice();
  const { exports } = new engine.Instance(await engine.compile(module.bytes()), {
    environment: { memory },
  });
  (exports as { run: (...parameters: number[]) => void }).run(
    ...operands.map((o) => (typeof o === 'number' ? o : (before.get(o) ?? 0))),
  );
  expect(words.findIndex((word, i) => inside[i] === 0 && word !== untouched[i])).toBe(-1);
  for (const [buffer, at] of before)
    new Uint32Array(buffer.buffer).set(words.subarray(at / 4, at / 4 + buffer.length));
}

/**
 * Tile, or consecutive tiles, of samples with equally many elements; positions after the last
 * sample repeat the first.
 */
export function tiled(samples: readonly (readonly number[])[]): Float32Array<ArrayBuffer> {
  const count = samples[0]?.length ?? 0;
  const tiles = Math.ceil(samples.length / 4);
  const out = new Float32Array(tiles * count * 4);
  for (let s = 0; s < tiles * 4; s++) {
    const sample = samples[s] ?? samples[0] ?? [];
    sample.forEach((x, e) => (out[((s >> 2) * count + e) * 4 + (s & 3)] = x));
  }
  return out;
}

/** Samples of one or several tiles. */
export function samplesOf(
  tiles: ArrayLike<number>,
  count: number,
  samples = (tiles.length / count) | 0,
): number[][] {
  return Array.from({ length: samples }, (_, s) =>
    Array.from({ length: count }, (_, e) => tiles[((s >> 2) * count + e) * 4 + (s & 3)]!),
  );
}

/** Float32 values uniform on ±1, drawn for the purpose `synthetic`. */
export function draw(count: number, seed: number): number[] {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  for (let i = 0; i < words.length; i += 4)
    philox(keyOf(seed), i / 4, 0, 0, PURPOSE.synthetic << 24, words, i);
  return Array.from({ length: count }, (_, i) =>
    Math.fround(((words[i] ?? 0) >>> 8) * 2 ** -23 - 1),
  );
}

/** `samples` rows of `count` values. */
export function drawSamples(samples: number, count: number, seed: number): number[][] {
  return Array.from({ length: samples }, (_, s) => draw(count, seed * 64 + s));
}

/**
 * max|a−r| / max(max|r|, R/20): error of a result.
 * @param terms R, the largest Σ|terms| of an output
 */
export function errorOf(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  terms = 1e-6,
): number {
  expect(found.length).toBe(expected.length);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(found[i]! - expected[i]!);
    worst = Number.isNaN(distance) ? Infinity : Math.max(worst, distance);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / Math.max(largest, terms / 20);
}

/** Maximum error of a float32 kernel relative to float64. */
export const CLOSE = 1e-5;
