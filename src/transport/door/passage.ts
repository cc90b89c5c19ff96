/**
 * Accounting of one spliced connection of a channel. The door cannot read what passes, but the
 * number of bytes that the socket behind it has answered tells whether its handshake has passed.
 */
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
/** Bytes a second that no reader takes: heartbeats of both sides. */
const HEARTBEATS_A_SECOND = 128;

export class Passage {
  readonly #limits: DoorLimits;
  readonly #now: () => number;
  readonly #passed: () => void;
  #answered = 0;
  /** Bytes received before the handshake passed, then those not taken by the reader. */
  #unread = 0;
  #hasPassed = false;
  /** Time to which heartbeats are subtracted from the unread bytes, in milliseconds. */
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

  get unread(): number {
    return this.#hasPassed ? this.#unread : 0;
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
    this.#unread = 0;
    this.#heartbeatsTo = this.#now();
    this.#passed();
  }

  /** @returns whether the connection is still within the limit of its handshake */
  received(bytes: number): boolean {
    if (!this.#hasPassed) {
      this.#unread += bytes;
      return this.#unread <= this.#limits.handshakeBytes;
    }
    const now = this.#now();
    const heartbeats = ((now - this.#heartbeatsTo) / 1_000) * HEARTBEATS_A_SECOND;
    this.#unread = Math.max(0, this.#unread - heartbeats) + bytes;
    this.#heartbeatsTo = now;
    return true;
  }

  /** @returns the part of `bytes` that this connection did not send */
  taken(bytes: number): number {
    const own = Math.min(this.unread, bytes);
    this.#unread -= own;
    return bytes - own;
  }
}

/** Returns how many bytes on the connection a message of these bytes and frames may have been. */
export function sentBytes(bytes: number, frames: number): number {
  return bytes + frames * FRAME_BYTES;
}
