/**
 * Turns of the event loop within work that would keep it: on a machine with more to do than cores,
 * some hundred milliseconds of work are seconds, and a worker whose loop stands still for two is
 * taken for lost.
 */
import { setImmediate } from 'node:timers/promises';
import type { Pausable } from './pausable.ts';

/** Some milliseconds' copying or hashing. */
const PIECE = 4 * 2 ** 20;

/**
 * Longest uninterrupted part of a pausable computation, in ms; below 50, as a core may be shared.
 */
const PART_MS = 20;

/** Timers and messages that are due have been heard then. */
export async function turn(): Promise<void> {
  await setImmediate();
}

/** `target.set(source, offset)` with turns in between; the same for any of the two's types. */
export async function copyInTurns<T extends Uint8Array | Uint16Array | Float32Array>(
  target: T,
  source: T,
  offset: number,
): Promise<void> {
  const piece = PIECE / source.BYTES_PER_ELEMENT;
  for (let at = 0; at < source.length; at += piece) {
    target.set(source.subarray(at, at + piece), offset + at);
    await turn();
  }
}

/** `use` is given successive pieces, with turns in between. */
export async function inTurns(bytes: Uint8Array, use: (piece: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    use(bytes.subarray(at, at + PIECE));
    await turn();
  }
}

/** Runs a computation to its result, with turns of the event loop at its yields. */
export async function withPauses<T>(work: Pausable<T>): Promise<T> {
  for (let since = performance.now(); ;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - since < PART_MS) continue;
    await turn();
    since = performance.now();
  }
}
