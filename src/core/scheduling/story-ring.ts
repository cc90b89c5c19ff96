/** The last 32 events of a trial. */

const LENGTH = 32;

interface Entry {
  readonly cause: string;
  readonly at: number;
  readonly event: string;
  readonly because: string | undefined;
  readonly what: string;
}

export class Story {
  readonly #ring: Entry[] = [];
  #next = 0;

  add(entry: Entry): void {
    this.#ring[this.#next % LENGTH] = entry;
    this.#next += 1;
  }

  /** Oldest first: `cause at ms, event (because …): what`. */
  lines(): string[] {
    const first = Math.max(0, this.#next - LENGTH);
    const lines: string[] = [];
    for (let i = first; i < this.#next; i++) {
      const entry = this.#ring[i % LENGTH];
      if (entry === undefined) continue;
      const because = entry.because === undefined ? '' : ` because of ${entry.because}`;
      lines.push(
        `${entry.cause} at ${Math.round(entry.at)} ms, ${entry.event}${because}: ${entry.what}`,
      );
    }
    return lines;
  }
}
