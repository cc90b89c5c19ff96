/**
 * Accounting of one spliced connection of a channel. The door cannot read what passes, but the
 * number of bytes that the socket behind it has answered tells whether its handshake has passed.
 */
import { FrameCount } from './frame-count.ts';
import type { DoorLimits } from './limits.ts';

/**
 * Bytes that a socket sends at most without admitting the other side: greeting (64), CURVE welcome
 * (170) and a refusal by key (12). An admission, READY, is at least 50 long.
 */
const ANSWERED_UNADMITTED = 260;
/** Bytes that a socket has sent before it looks at a key. */
const ANSWERED_WELCOME = 234;
/** Bytes that encryption and framing add to a frame at most. */
const FRAME_BYTES = 64;
/** Bytes and frames a second that no reader takes: heartbeats of both sides. */
const HEARTBEATS_A_SECOND: Amount = { bytes: 128, frames: 4 };

/** Part of a stream. */
export interface Amount {
  readonly bytes: number;
  readonly frames: number;
}

const NOTHING: Amount = { bytes: 0, frames: 0 };

export class Passage {
  readonly #limits: DoorLimits;
  readonly #now: () => number;
  readonly #passed: () => void;
  readonly #frames = new FrameCount();
  #answered = 0;
  /** Bytes received before the handshake passed, then bytes that the reader has not taken. */
  #unread = NOTHING;
  #hasPassed = false;
  /** Time to which heartbeats are subtracted from the unread amount, in milliseconds. */
  #heartbeatsTo = 0;

  /**
   * @param now monotonic milliseconds
   * @param passed called once, when the handshake has passed
   */
  constructor(limits: DoorLimits, now: () => number, passed: () => void) {
    this.#limits = limits;
    this.#now = now;
    this.#passed = passed;
  }

  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  get unread(): Amount {
    return this.#hasPassed ? this.#unread : NOTHING;
  }

  /** Whether the socket has refused the other side's key. */
  get isRefused(): boolean {
    return !this.#hasPassed && this.#answered > ANSWERED_WELCOME;
  }

  answered(bytes: number): void {
    if (this.#hasPassed) return;
    this.#answered += bytes;
    if (this.#answered <= ANSWERED_UNADMITTED) return;
    this.#hasPassed = true;
    this.#unread = NOTHING;
    this.#heartbeatsTo = this.#now();
    this.#passed();
  }

  /** @returns whether the connection is still within the limit of its handshake */
  received(chunk: Buffer): boolean {
    const more = { bytes: chunk.length, frames: this.#frames.in(chunk) };
    if (!this.#hasPassed) {
      this.#unread = sum(this.#unread, more);
      return this.#unread.bytes <= this.#limits.handshakeBytes;
    }
    const now = this.#now();
    const seconds = (now - this.#heartbeatsTo) / 1_000;
    this.#heartbeatsTo = now;
    this.#unread = sum(
      less(this.#unread, {
        bytes: seconds * HEARTBEATS_A_SECOND.bytes,
        frames: seconds * HEARTBEATS_A_SECOND.frames,
      }),
      more,
    );
    return true;
  }

  /** @returns the part of `amount` that this connection did not send */
  taken(amount: Amount): Amount {
    const rest = less(amount, this.unread);
    this.#unread = less(this.#unread, less(amount, rest));
    return rest;
  }
}

/** Returns how many bytes on the connection a message of these bytes and frames may have been. */
export function sentBytes(bytes: number, frames: number): number {
  return bytes + frames * FRAME_BYTES;
}

export function sum(a: Amount, b: Amount): Amount {
  return { bytes: a.bytes + b.bytes, frames: a.frames + b.frames };
}

/** Returns `a` without `b`, not below nothing. */
function less(a: Amount, b: Amount): Amount {
  return { bytes: Math.max(0, a.bytes - b.bytes), frames: Math.max(0, a.frames - b.frames) };
}
