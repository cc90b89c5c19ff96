/**
 * Decides when programs of a study start on one card, from the memory of the card: the first ones
 * alone, which measures their peak, then as many side by side as fit. Waits until the memory of
 * ended programs is free again. Starts and ends no programs.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { groupOf } from './card-memory.ts';
import type { CardReading } from './card-memory.ts';

/** Programs of a study that run alone and whose peak is measured. */
const MEASURED = 2;
/** Memory beyond the peak that a program is expected to need, as a share of the peak. */
const MARGIN = 0.1;
/** Memory that no process explains and that may come and go, in bytes. */
const SLACK_BYTES = 256 * 2 ** 20;
/** Greatest number of programs side by side, as the scheduler sends them. */
const MOST = 8;

export interface CardTimes {
  /** Milliseconds between two readings. */
  readonly pollMs: number;
  /** Milliseconds for which memory that no program of ours holds is waited for. */
  readonly waitMs: number;
}

export const CARD_TIMES: CardTimes = { pollMs: 1_000, waitMs: 60_000 };

/** One program on the card. */
export interface CardRun {
  /** Greatest memory that it was seen to use, in bytes; 0: unknown. */
  readonly peakBytes: number;
  /** True if others ran on the card at any time while it ran. */
  readonly hadNeighbours: boolean;
  /** Tells the process group of the program. */
  started(group: number): void;
  /** @param how whether the memory of the card ran out; its peak then says nothing */
  end(how: { readonly outOfMemory: boolean }): void;
}

export type Entry =
  | { readonly run: CardRun }
  /** Memory that programs of others hold, as a sentence. */
  | { readonly held: string }
  | { readonly stopped: true };

interface Running {
  group: number | null;
  bytes: number;
  peakBytes: number;
  hadNeighbours: boolean;
  readonly alone: boolean;
}

/** Facts about the programs of one study. */
interface Known {
  measured: number;
  peakBytes: number;
  /** Greatest number side by side; smaller after memory ran out. */
  most: number;
}

export class CardShare {
  readonly #read: () => Promise<CardReading | null>;
  readonly #times: CardTimes;
  readonly #name: string;
  readonly #known = new Map<string, Known>();
  readonly #running = new Set<Running>();
  /** Groups of ended programs whose memory may not be free yet. */
  #ended = new Set<number>();
  /** Memory in use that no process explains, before a program of ours ran; null: not read yet. */
  #unexplained: number | null = null;
  /** Memory in use when the first of the running programs started. */
  #before = 0;
  /** Memory that others left to our programs at the latest reading. */
  #offered = 0;
  /** Ends with the last attempt to enter, so that programs start in order. */
  #turn: Promise<unknown> = Promise.resolve();
  #polling = false;
  #changed: (() => void)[] = [];

  /** @param name of the card, for errors */
  constructor(
    name: string,
    read: () => Promise<CardReading | null>,
    times: CardTimes = CARD_TIMES,
  ) {
    this.#name = name;
    this.#read = read;
    this.#times = times;
  }

  /**
   * Resolves when a program may start.
   * @param alone whether it must not share the card
   */
  enter(study: string, alone: boolean, signal: AbortSignal): Promise<Entry> {
    const turn = this.#turn.then(() => this.#enter(study, alone, signal));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Number of programs of the study that the card has memory for; 1: not measured yet. */
  fits(study: string): number {
    const known = this.#of(study);
    if (known.measured < MEASURED || known.peakBytes === 0) return 1;
    const count = Math.floor(this.#offered / needOf(known));
    return Math.max(1, Math.min(MOST, known.most, count));
  }

  async #enter(study: string, wanted: boolean, signal: AbortSignal): Promise<Entry> {
    const known = this.#of(study);
    const stopped = (): boolean => signal.aborted;
    let since: number | null = null;
    for (;;) {
      if (stopped()) return { stopped: true };
      const alone = wanted || known.measured < MEASURED || known.peakBytes === 0;
      const [first] = this.#running;
      const taken = alone ? this.#running.size > 0 : this.#running.size >= known.most;
      if (first !== undefined && (taken || first.alone)) {
        since = null;
        await this.#change(signal);
        continue;
      }
      const reading = await this.#look();
      if (stopped()) return { stopped: true };
      const waited = since === null ? 0 : performance.now() - since;
      const late = waited >= this.#times.waitMs;
      const lack = reading === null ? null : this.#lack(reading, known, late);
      if (lack === null) return { run: this.#begin(known, alone) };
      if (late) return { held: lack };
      // Programs of ours will free memory when they end.
      if (this.#running.size > 0) since = null;
      else since ??= performance.now();
      await wait(this.#times.pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #begin(known: Known, alone: boolean): CardRun {
    const running: Running = {
      group: null,
      bytes: 0,
      peakBytes: 0,
      hadNeighbours: this.#running.size > 0,
      alone,
    };
    for (const other of this.#running) other.hadNeighbours = true;
    this.#running.add(running);
    void this.#poll();
    return {
      get peakBytes() {
        return running.peakBytes;
      },
      get hadNeighbours() {
        return running.hadNeighbours;
      },
      started: (group) => {
        running.group = group;
      },
      end: ({ outOfMemory }) => {
        if (!this.#running.delete(running)) return;
        if (running.group !== null) this.#ended.add(running.group);
        known.peakBytes = Math.max(known.peakBytes, running.peakBytes);
        if (outOfMemory && running.hadNeighbours)
          known.most = Math.max(1, Math.min(known.most - 1, this.#running.size));
        else if (!outOfMemory && running.peakBytes > 0) known.measured += 1;
        for (const changed of this.#changed.splice(0)) changed();
      },
    };
  }

  /**
   * Reason why a program cannot start, as a sentence; null: it can.
   * @param late whether memory that no process explains is no longer waited for
   */
  #lack(reading: CardReading, known: Known, late: boolean): string | null {
    const { usedBytes, totalBytes, processes } = reading;
    const left = processes.some(({ pid }) => this.#ended.has(groupOf(pid) ?? pid));
    const unexplained = usedBytes - processes.reduce((sum, { bytes }) => sum + bytes, 0);
    const idle = this.#running.size === 0;
    if (idle && (this.#unexplained === null || late)) this.#unexplained = unexplained;
    const returned = !idle || unexplained <= (this.#unexplained ?? 0) + SLACK_BYTES;
    if (!left && returned) this.#ended.clear();
    const growing = Math.max(0, this.#running.size * known.peakBytes - this.#own(reading));
    const freeBytes = totalBytes - usedBytes - (known.peakBytes > 0 ? growing : 0);
    const lacks = known.peakBytes > 0 && freeBytes < needOf(known);
    if (this.#ended.size === 0 && !lacks) {
      if (idle) this.#before = usedBytes;
      return null;
    }
    const need = known.peakBytes > 0 ? `; a trial needs ${gigabytes(needOf(known))}` : '';
    return `${this.#name} has ${gigabytes(totalBytes - usedBytes)} of ${gigabytes(totalBytes)} free${need}: ${holders(processes, unexplained)}`;
  }

  async #look(): Promise<CardReading | null> {
    const read = await this.#read();
    if (read === null) return null;
    // Sum and processes are two queries, between which a program may have allocated.
    const listed = read.processes.reduce((sum, { bytes }) => sum + bytes, 0);
    const usedBytes = Math.max(read.usedBytes, listed + (this.#unexplained ?? 0));
    const reading = { ...read, usedBytes };
    for (const running of this.#running) {
      const { group, alone } = running;
      const own = reading.processes.filter(({ pid }) => group !== null && groupOf(pid) === group);
      const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
      // The processes of a container have numbers of their own: alone, what was added is theirs.
      const added = reading.usedBytes - this.#before;
      running.bytes = own.length > 0 || !alone || added < SLACK_BYTES ? bytes : added;
      running.peakBytes = Math.max(running.peakBytes, running.bytes);
    }
    this.#offered = reading.totalBytes - reading.usedBytes + this.#own(reading);
    return reading;
  }

  /** Memory that the running programs use; what was added, where it is known of not all of them. */
  #own({ usedBytes }: CardReading): number {
    let sum = 0;
    for (const { bytes } of this.#running) {
      if (bytes === 0) return Math.max(0, usedBytes - this.#before);
      sum += bytes;
    }
    return sum;
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#running.size > 0) {
      await this.#look();
      await wait(this.#times.pollMs, undefined, { ref: false });
    }
    this.#polling = false;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#changed.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #of(study: string): Known {
    const known = this.#known.get(study) ?? { measured: 0, peakBytes: 0, most: MOST };
    this.#known.set(study, known);
    return known;
  }
}

function needOf({ peakBytes }: Known): number {
  return peakBytes * (1 + MARGIN);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The processes with the most memory. */
function holders(processes: CardReading['processes'], unexplained: number): string {
  const largest = processes.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
  if (largest.length === 0)
    return `no process that nvidia-smi lists holds the ${gigabytes(unexplained)} in use`;
  const named = largest.map(
    ({ pid, name, bytes }) =>
      `process ${pid}${name === '' ? '' : ` (${name})`} holds ${gigabytes(bytes)}`,
  );
  return named.join(', ');
}
