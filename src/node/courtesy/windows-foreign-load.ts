/**
 * Share of the graphics engines that other programs use on Windows, from `typeperf`.
 * Its counters name the process, not the card, so that the busiest use counts for every card.
 */
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';
import { Followed } from './commands.ts';
import type { ForeignLoadParts, ForeignLoadSource, JudgedCard } from './foreign-load-source.ts';

const COUNTER = '\\GPU Engine(*)\\Utilization Percentage';
/** Milliseconds after which a line is stale. */
const STALE_MS = 5_000;

/** Fields of a line of comma-separated values, all of them quoted; null: not such a line. */
export function parseFields(line: string): readonly string[] | null {
  if (!/^"(?:[^"]*)"(?:,"(?:[^"]*)")+$/.test(line.trim())) return null;
  return line.trim().slice(1, -1).split('","');
}

/** Returns the process that a counter's name contains; null: none. */
export function pidOfCounter(name: string): number | null {
  const pid = /\\GPU Engine\(pid_(\d+)_/i.exec(name)?.[1];
  return pid === undefined ? null : Number(pid);
}

export class WindowsForeignLoad implements ForeignLoadSource {
  readonly #cards: readonly JudgedCard[];
  readonly #parts: ForeignLoadParts;
  #followed: Followed | null = null;
  /** Process of each column; null: the first, a time, or another counter. */
  #columns: readonly (number | null)[] = [];
  #last: { readonly at: number; readonly values: readonly number[] } | null = null;

  constructor(cards: readonly JudgedCard[], parts: ForeignLoadParts) {
    this.#cards = cards;
    this.#parts = parts;
  }

  read(): Promise<ReadonlyMap<string, Figure>> {
    const { start, timer } = this.#parts;
    this.#followed ??= new Followed({
      program: 'typeperf',
      // It lists processes when it starts, so that it is started again and again.
      args: [COUNTER, '-si', '1', '-sc', '10'],
      timer,
      start,
      take: (line) => this.#take(line),
    });
    const load = this.#load();
    return Promise.resolve(new Map(this.#cards.map(({ device }) => [device, load])));
  }

  stop(): void {
    this.#followed?.stop();
  }

  #load(): Figure {
    const { timer, ownPids } = this.#parts;
    if (this.#last === null || timer.now() - this.#last.at > STALE_MS)
      return new Unknown(this.#followed?.trouble ?? 'typeperf has not answered yet');
    const own = new Set(ownPids());
    let most = 0;
    for (const [i, pid] of this.#columns.entries())
      if (pid !== null && !own.has(pid)) most = Math.max(most, this.#last.values[i] ?? 0);
    return most;
  }

  #take(line: string): void {
    const fields = parseFields(line);
    if (fields === null) return;
    if (fields.some((field) => pidOfCounter(field) !== null)) {
      this.#columns = fields.map(pidOfCounter);
      return;
    }
    const values = fields.map((field) => (field.trim() === '' ? 0 : Number(field) || 0));
    this.#last = { at: this.#parts.timer.now(), values };
  }
}
