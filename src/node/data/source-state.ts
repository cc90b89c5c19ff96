/** State of one source of a fetch: what it was asked for, what it has, and whether to ask it. */
import type { DataSource } from '../../transport/nodes/data-channel.ts';
import type { Bitmap } from './bitmap.ts';

/** Requests under way to one peer, and to the host, which serves all nodes. */
const PEER_REQUESTS = 4;
const HOST_REQUESTS = 2;
/** Milliseconds for which the oldest request waits before its source is given up for a while. */
const SILENT_MS = 5_000;
/** Milliseconds for which a silent source is not asked, unless it is the only one. */
const REST_MS = 60_000;
/** Milliseconds after which a source that was busy, lost or had nothing is asked again. */
const AGAIN_MS = 250;
/** Milliseconds for which a wrong chunk is asked for elsewhere only. */
const ELSEWHERE_MS = 5_000;
/** Wrong chunks after which a source is not asked any more. */
const MOST_WRONG = 2;

/** A request under way. */
export type Request = symbol;

export class SourceState {
  /** For people. */
  readonly name: string;
  readonly source: DataSource;
  readonly isHost: boolean;
  /** Chunks that a peer has; null: not known yet. The host has all. */
  have: Bitmap | null = null;
  /** Time of the last question for `have`. */
  haveAskedAt = -Infinity;
  #wrong = 0;
  /** Requests under way, the oldest first. */
  readonly #under = new Set<Request>();
  #restUntil = -Infinity;
  /** Resting because it was silent, not for a moment only. */
  #silent = false;
  /** Time since which the oldest request is the oldest, so that each waits for its own answer. */
  #oldestSince = 0;
  /** Times at which it sent chunks with other bytes. */
  readonly #refused = new Map<number, number>();

  constructor(name: string, source: DataSource, isHost: boolean) {
    this.name = name;
    this.source = source;
    this.isHost = isHost;
  }

  get dropped(): boolean {
    return this.#wrong >= MOST_WRONG;
  }

  get under(): number {
    return this.#under.size;
  }

  /** Returns whether it may be asked. @param only there is no other source */
  mayAsk(now: number, only: boolean): boolean {
    if (this.dropped || this.under >= (this.isHost ? HOST_REQUESTS : PEER_REQUESTS)) return false;
    return now >= this.#restUntil || (only && this.#silent);
  }

  asked(now: number): Request {
    if (this.under === 0) this.#oldestSince = now;
    const request = Symbol('request');
    this.#under.add(request);
    return request;
  }

  /** An answer, late or not, shows that the source works. */
  answered(request: Request, now: number): void {
    this.#ends(request, now);
    if (this.#silent) this.ready();
  }

  /** The connection to it is new, or an answer came. */
  ready(): void {
    this.#silent = false;
    this.#restUntil = -Infinity;
  }

  /** It had nothing to give, or the request was lost: it is asked again soon. */
  pause(now: number): void {
    this.#restUntil = Math.max(this.#restUntil, now + AGAIN_MS);
  }

  lost(request: Request, now: number): void {
    this.#ends(request, now);
    this.pause(now);
  }

  #ends(request: Request, now: number): void {
    const [oldest] = this.#under;
    if (request === oldest) this.#oldestSince = now;
    this.#under.delete(request);
  }

  /**
   * Returns whether it has just become silent; what it was asked for is then asked elsewhere.
   * Answers to later requests do not count: the answer to the oldest may be lost.
   */
  becomesSilent(now: number): boolean {
    if (this.under === 0 || now - this.#oldestSince < SILENT_MS) return false;
    this.#under.clear();
    this.#silent = true;
    this.#restUntil = now + REST_MS;
    return true;
  }

  /** Returns whether other sources should be asked for a chunk, because it was wrong here. */
  refuses(index: number, now: number): boolean {
    const at = this.#refused.get(index);
    return at !== undefined && now - at < ELSEWHERE_MS;
  }

  /** @param index null: not a chunk. @returns whether this dropped it */
  sentWrong(index: number | null, now: number): boolean {
    if (index !== null) this.#refused.set(index, now);
    this.#wrong += 1;
    return this.#wrong === MOST_WRONG;
  }
}
