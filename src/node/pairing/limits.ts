/**
 * Limits of pairing at a host, by the address of the other side. An address that fails too often is
 * shut out for a while; others are not affected, because any machine could cause failures.
 */
import { addressGroup } from '../../transport/door/limits.ts';

/** Conversations that are open at the same time. */
export const MOST_CONVERSATIONS = 4;
/** Connections that have sent no message yet. */
export const MOST_SILENT = 64;
/** Failures of one address within `FAILURE_MS` after which it is shut out. */
const MOST_FAILURES = 5;
const FAILURE_MS = 60_000;
const SHUT_MS = 60_000;
/** Groups of addresses whose failures are remembered. */
const MOST_GROUPS = 10_000;
/** Nonces that are remembered, and for how long. */
const MOST_NONCES = 10_000;
const NONCE_MS = 3_600_000;

interface Failures {
  /** Times of the failures that count, oldest first. */
  readonly times: readonly number[];
  /** Time until which the group is shut out. */
  readonly shutUntil: number;
}

export class PairingLimits {
  /** By group of addresses. */
  readonly #failures = new Map<string, Failures>();
  readonly #nonces = new Map<string, number>();
  readonly #now: () => number;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a conversation that ended without an admission. */
  failed(address: string): void {
    const now = this.#now();
    const group = addressGroup(address);
    const { times, shutUntil } = this.#failures.get(group) ?? { times: [], shutUntil: 0 };
    const recent = [...times.filter((at) => now - at < FAILURE_MS), now];
    const shut = recent.length >= MOST_FAILURES;
    // Deleted first, so that the map is in the order of the last failures.
    this.#failures.delete(group);
    this.#failures.set(group, {
      times: shut ? [] : recent,
      shutUntil: shut ? now + SHUT_MS : shutUntil,
    });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MOST_GROUPS) break;
      this.#failures.delete(oldest);
    }
  }

  /** Returns whether the address is shut out now. */
  isShut(address: string): boolean {
    return this.#now() < (this.#failures.get(addressGroup(address))?.shutUntil ?? 0);
  }

  /** Remembers a nonce; false: it was seen within the hour. */
  isFresh(nonce: string): boolean {
    const now = this.#now();
    for (const [known, at] of this.#nonces) {
      if (now - at < NONCE_MS && this.#nonces.size < MOST_NONCES) break;
      this.#nonces.delete(known);
    }
    if (this.#nonces.has(nonce)) return false;
    this.#nonces.set(nonce, now);
    return true;
  }
}
