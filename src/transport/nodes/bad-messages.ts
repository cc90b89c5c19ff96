/** Counts the malformed messages of one node. */

const OF_LINK = 3;
const OF_LINK_MS = 60_000;
const LINKS = 5;
const LINKS_MS = 3_600_000;

export class BadMessages {
  readonly #now: () => number;
  #times: number[] = [];
  #links: number[] = [];

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Counts one malformed message.
   * @returns `endLink`: the third within a minute; `pause`: the fifth link that ends so within an
   *   hour
   */
  count(): 'ignore' | 'endLink' | 'pause' {
    const now = this.#now();
    this.#times = [...this.#times.filter((at) => at > now - OF_LINK_MS), now];
    if (this.#times.length < OF_LINK) return 'ignore';
    this.#times = [];
    this.#links = [...this.#links.filter((at) => at > now - LINKS_MS), now];
    if (this.#links.length < LINKS) return 'endLink';
    this.#links = [];
    return 'pause';
  }
}
