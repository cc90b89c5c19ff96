/**
 * Yields to the event loop within long computations. On an overloaded machine some hundred
 * milliseconds of work take seconds, and a worker whose event loop stands still for two seconds
 * counts as lost.
 */
import { setImmediate } from 'node:timers/promises';
import type { Pausable } from './pausable.ts';

/** Bytes copied or hashed at a time: a few milliseconds of work. */
const PIECE = 4 * 2 ** 20;

/**
 * Longest uninterrupted part of a pausable computation, in ms; below 50, as a core may be shared.
 */
const PART_MS = 20;

/** Resolves after due timers and messages have been handled. */
export async function turn(): Promise<void> {
  await setImmediate();
}

/** Copies as `target.set(source, offset)` does, yielding to the event loop between pieces. */
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

/** Calls `use` with successive pieces, yielding to the event loop in between. */
export async function inTurns(bytes: Uint8Array, use: (piece: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    use(bytes.subarray(at, at + PIECE));
    await turn();
  }
}

/** Runs a computation to its result, yielding to the event loop at its yields. */
export async function withPauses<T>(work: Pausable<T>): Promise<T> {
  for (let since = performance.now(); ;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - since < PART_MS) continue;
    await turn();
    since = performance.now();
  }
}
