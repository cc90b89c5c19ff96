/**
 * Amount of a stream of ZMTP frames that arrived and was not read. libzmq limits a frame's length
 * and the number of messages, but neither the frames of a message nor what waits in memory.
 */
import { FrameCount } from './frame-count.ts';

/** Bytes that encryption and framing add to a frame at most. */
const FRAME_BYTES = 64;
/** Bytes and frames a second that no reader takes: heartbeats of both sides. */
const HEARTBEATS_A_SECOND: Amount = { bytes: 128, frames: 4 };

/** Part of a stream. */
export interface Amount {
  readonly bytes: number;
  readonly frames: number;
}

/** Most of a stream that may wait for its reader. */
export interface UnreadLimits {
  readonly unreadBytes: number;
  readonly unreadFrames: number;
}

export const NOTHING: Amount = { bytes: 0, frames: 0 };

export class Unread {
  readonly #now: () => number;
  readonly #frames = new FrameCount();
  #amount = NOTHING;
  /** Time to which heartbeats are subtracted, in milliseconds. */
  #heartbeatsTo: number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#heartbeatsTo = now();
  }

  get amount(): Amount {
    return this.#amount;
  }

  received(chunk: Buffer): void {
    const now = this.#now();
    const seconds = (now - this.#heartbeatsTo) / 1_000;
    this.#heartbeatsTo = now;
    const heartbeats = {
      bytes: seconds * HEARTBEATS_A_SECOND.bytes,
      frames: seconds * HEARTBEATS_A_SECOND.frames,
    };
    const more = { bytes: chunk.length, frames: this.#frames.in(chunk) };
    this.#amount = sum(less(this.#amount, heartbeats), more);
  }

  /** @returns the part of `amount` that did not arrive here */
  taken(amount: Amount): Amount {
    const rest = less(amount, this.#amount);
    this.#amount = less(this.#amount, less(amount, rest));
    return rest;
  }

  /** Counts from now on only. */
  reset(): void {
    this.#amount = NOTHING;
    this.#heartbeatsTo = this.#now();
  }
}

/** Returns how many bytes on the connection a message of these bytes and frames may have been. */
export function sentBytes(bytes: number, frames: number): number {
  return bytes + frames * FRAME_BYTES;
}

export function sum(a: Amount, b: Amount): Amount {
  return { bytes: a.bytes + b.bytes, frames: a.frames + b.frames };
}

export function isWithin({ unreadBytes, unreadFrames }: UnreadLimits, unread: Amount): boolean {
  return unread.bytes <= unreadBytes && unread.frames <= unreadFrames;
}

/** Returns `a` without `b`, not below nothing. */
function less(a: Amount, b: Amount): Amount {
  return { bytes: Math.max(0, a.bytes - b.bytes), frames: Math.max(0, a.frames - b.frames) };
}
