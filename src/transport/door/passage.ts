/**
 * Accounting of one spliced connection of a channel. The door cannot read what passes, but the
 * number of bytes that the socket behind it has answered tells whether its handshake has passed.
 */
import type { DoorLimits } from './limits.ts';
import { NOTHING, Unread } from './unread.ts';
import type { Amount } from './unread.ts';

/**
 * Bytes that a socket sends at most without admitting the other side: greeting (64), CURVE welcome
 * (170) and a refusal by key (12). An admission, READY, is at least 50 long.
 */
const ANSWERED_UNADMITTED = 260;
/** Bytes that a socket has sent before it looks at a key. */
const ANSWERED_WELCOME = 234;

export class Passage {
  readonly #limits: DoorLimits;
  readonly #passed: () => void;
  /** Bytes received before the handshake passed, then those that the reader has not taken. */
  readonly #unread: Unread;
  #answered = 0;
  #hasPassed = false;

  /**
   * @param now monotonic milliseconds
   * @param passed called once, when the handshake has passed
   */
  constructor(limits: DoorLimits, now: () => number, passed: () => void) {
    this.#limits = limits;
    this.#passed = passed;
    this.#unread = new Unread(now);
  }

  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  get unread(): Amount {
    return this.#hasPassed ? this.#unread.amount : NOTHING;
  }

  /** True if the socket has refused the other side's key. */
  get isRefused(): boolean {
    return !this.#hasPassed && this.#answered > ANSWERED_WELCOME;
  }

  answered(bytes: number): void {
    if (this.#hasPassed) return;
    this.#answered += bytes;
    if (this.#answered <= ANSWERED_UNADMITTED) return;
    this.#hasPassed = true;
    this.#unread.reset();
    this.#passed();
  }

  /** @returns whether the connection is still within the limit of its handshake */
  received(chunk: Buffer): boolean {
    this.#unread.received(chunk);
    return this.#hasPassed || this.#unread.amount.bytes <= this.#limits.handshakeBytes;
  }

  /** @returns the part of `amount` that this connection did not send */
  taken(amount: Amount): Amount {
    return this.#hasPassed ? this.#unread.taken(amount) : amount;
  }
}
