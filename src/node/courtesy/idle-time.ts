/**
 * Time since the last input at this machine, from the first source that answers. Which sources a
 * system has is in `idle-sources.ts`.
 */
import type { Timer } from '../../runtime/timer.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';

export interface IdleSource {
  /** For people. */
  readonly name: string;
  /** Returns the milliseconds since the last input, or why they are unknown. May reject. */
  read(): Promise<Figure>;
  stop?(): void;
}

/** A time, and the name of its source. */
export interface IdleReading {
  readonly source: string;
  readonly idleMs: number;
}

/** Milliseconds between two rounds through the sources while none answers. */
const AGAIN_MS = 30_000;
/** Failures in a row after which the other sources are asked too. */
const MOST_FAILURES = 3;

export class IdleTime {
  readonly #sources: readonly IdleSource[];
  readonly #timer: Timer;
  #answering: IdleSource | null = null;
  #failures = 0;
  #askedAt = -Infinity;
  #unknown = new Unknown('no source was asked yet');

  constructor(sources: readonly IdleSource[], timer: Timer) {
    this.#sources = sources;
    this.#timer = timer;
  }

  async read(): Promise<IdleReading | Unknown> {
    const before = this.#answering;
    if (before !== null) {
      const idleMs = await reading(before);
      if (!(idleMs instanceof Unknown)) {
        this.#failures = 0;
        return { source: before.name, idleMs };
      }
      this.#failures += 1;
      if (this.#failures < MOST_FAILURES) return new Unknown(`${before.name}: ${idleMs.reason}`);
      this.#answering = null;
    } else if (this.#timer.now() - this.#askedAt < AGAIN_MS) return this.#unknown;
    return this.#askAll();
  }

  stop(): void {
    for (const source of this.#sources) source.stop?.();
  }

  async #askAll(): Promise<IdleReading | Unknown> {
    this.#askedAt = this.#timer.now();
    const reasons: string[] = [];
    for (const source of this.#sources) {
      const idleMs = await reading(source);
      if (!(idleMs instanceof Unknown)) {
        this.#answering = source;
        this.#failures = 0;
        return { source: source.name, idleMs };
      }
      reasons.push(`${source.name}: ${idleMs.reason}`);
    }
    this.#unknown = new Unknown(
      reasons.length === 0 ? 'this system has no source that is known' : reasons.join('; '),
    );
    return this.#unknown;
  }
}

async function reading(source: IdleSource): Promise<Figure> {
  try {
    return await source.read();
  } catch (error) {
    return new Unknown(error instanceof Error ? error.message : String(error));
  }
}
