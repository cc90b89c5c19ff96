/**
 * Estimates the round-trip time to the host and the offset of its clock from pulses and their
 * answers. For display only: no decision depends on it.
 */

/** Number of recent answers, of which the fastest counts: a queue delays only some of them. */
const KEPT = 8;
/** Pulses whose answer is still awaited. */
const MOST_AWAITED = 32;

interface Answer {
  readonly rttMs: number;
  readonly offsetMs: number;
}

export class ClockOffset {
  /** Monotonic time of each unanswered pulse, by its number. */
  readonly #sent = new Map<number, number>();
  #answers: Answer[] = [];

  sent(n: number, now: number): void {
    this.#sent.set(n, now);
    if (this.#sent.size <= MOST_AWAITED) return;
    const [oldest] = this.#sent.keys();
    if (oldest !== undefined) this.#sent.delete(oldest);
  }

  /**
   * @param at the host's wall clock, in milliseconds since 1970
   * @param now monotonic milliseconds of this process
   * @param wall this machine's wall clock, in milliseconds since 1970
   */
  answered(n: number, at: number, now: number, wall: number): void {
    const sentAt = this.#sent.get(n);
    if (sentAt === undefined) return;
    this.#sent.delete(n);
    const rttMs = now - sentAt;
    this.#answers.push({ rttMs, offsetMs: at + rttMs / 2 - wall });
    if (this.#answers.length > KEPT) this.#answers.shift();
  }

  /** Forgets pulses of a link that has ended. */
  restart(): void {
    this.#sent.clear();
    this.#answers = [];
  }

  /** Round-trip time in milliseconds, and the host's clock minus this one; null: unknown. */
  get best(): Answer | null {
    let best: Answer | null = null;
    for (const answer of this.#answers) {
      if (best === null || answer.rttMs < best.rttMs) best = answer;
    }
    return best;
  }
}
