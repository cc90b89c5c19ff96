/**
 * How long this process's event loop was kept from turning: a timer that should fire each
 * millisecond, and how late it did. Measures; nothing in the product reads it. Time in which the
 * loop was ready but had no core is told apart where the system says it (Linux).
 */
import { openSync, readSync, writeFileSync } from 'node:fs';
import type { Timer } from './timer.ts';

const EVERY_MS = 1;
/** Turns that were late by so much are kept one by one… */
const LONG_MS = 5;
/** …this many at most, the first. */
const MOST_LONG = 10_000;
/** Widths of the counts from which percentiles are read. */
const STEP_MS = 0.1;

export interface LongTurn {
  /** Milliseconds since 1970 when the timer fired at last. */
  readonly at: number;
  readonly lateMs: number;
  /** Of these, waiting for a core; null: unknown. */
  readonly waitedMs: number | null;
  /**
   * What this thread ran meanwhile, the turn itself included; null: unknown. What is neither was a
   * system call, or another machine's turn.
   */
  readonly ranMs: number | null;
}

/** Of this thread since it began, in milliseconds. */
export interface Scheduled {
  readonly ranMs: number;
  /** Ready to run, without a core. */
  readonly waitedMs: number;
}

export interface LoopReport {
  readonly seconds: number;
  readonly turns: number;
  /** How late the timer fired. */
  readonly lateMs: Spread;
  /**
   * The same without waiting for a core: what this process did to its own loop. Null: the system
   * does not say.
   */
  readonly blockedMs: Spread | null;
  /** Those late by 5 ms or more, in their order. */
  readonly long: readonly LongTurn[];
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ProbeSurroundings {
  readonly timer: Timer;
  readonly wallClock: () => number;
  /** Null: the system does not say. */
  readonly scheduled: () => Scheduled | null;
}

export class LoopProbe {
  readonly #around: ProbeSurroundings;
  readonly #begun: number;
  readonly #late = new Durations();
  readonly #blocked = new Durations();
  readonly #long: LongTurn[] = [];
  #forget: () => void = () => undefined;

  constructor(
    around: ProbeSurroundings = {
      timer: idleTimer,
      wallClock: Date.now,
      scheduled: schedulerAccount(),
    },
  ) {
    this.#around = around;
    this.#begun = around.timer.now();
    this.#turn(this.#begun, around.scheduled());
  }

  report(): LoopReport {
    return {
      seconds: (this.#around.timer.now() - this.#begun) / 1000,
      turns: this.#late.count,
      lateMs: this.#late.spread(),
      blockedMs: this.#blocked.count === 0 ? null : this.#blocked.spread(),
      long: this.#long,
    };
  }

  stop(): void {
    this.#forget();
  }

  #turn(before: number, accountBefore: Scheduled | null): void {
    const { timer, scheduled, wallClock } = this.#around;
    this.#forget = timer.after(EVERY_MS, () => {
      const now = timer.now();
      const account = scheduled();
      const lateMs = Math.max(0, now - before - EVERY_MS);
      const known = account !== null && accountBefore !== null;
      const waitedMs = known ? Math.min(lateMs, account.waitedMs - accountBefore.waitedMs) : null;
      this.#late.add(lateMs);
      if (waitedMs !== null) this.#blocked.add(lateMs - waitedMs);
      if (lateMs >= LONG_MS && this.#long.length < MOST_LONG) {
        this.#long.push({
          at: wallClock(),
          lateMs,
          waitedMs,
          ranMs: known ? account.ranMs - accountBefore.ranMs : null,
        });
      }
      this.#turn(now, account);
    });
  }
}

/** Counts by width, so that hours of turns take no memory; the largest exactly. */
class Durations {
  readonly #counts: (number | undefined)[] = [];
  #max = 0;
  count = 0;

  add(ms: number): void {
    const place = Math.floor(ms / STEP_MS);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#max = Math.max(this.#max, ms);
    this.count++;
  }

  spread(): Spread {
    return { p50: this.#percentile(0.5), p99: this.#percentile(0.99), max: this.#max };
  }

  /** The upper end of the width in which it lies. */
  #percentile(share: number): number {
    let seen = 0;
    for (const [place, n] of this.#counts.entries()) {
      seen += n ?? 0;
      if (seen >= share * this.count && seen > 0) return Math.min(this.#max, (place + 1) * STEP_MS);
    }
    return this.#max;
  }
}

/** Keeps no process alive. */
const idleTimer: Timer = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** As Linux counts it for the main thread: nanoseconds run, nanoseconds waited. */
function schedulerAccount(): () => Scheduled | null {
  if (process.platform !== 'linux') return () => null;
  const buffer = Buffer.alloc(128);
  let file: number;
  try {
    file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    return () => null;
  }
  return () => {
    const [ran = NaN, waited = NaN] = buffer
      .toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
      .split(' ')
      .map(Number);
    return Number.isNaN(ran + waited) ? null : { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
  };
}

/** Probes this process's loop from now on, and writes the report, as JSON, when it exits. */
export function probeLoop(file: string): void {
  const probe = new LoopProbe();
  process.once('exit', () => {
    probe.stop();
    try {
      writeFileSync(file, `${JSON.stringify(probe.report())}\n`);
    } catch (error) {
      process.stderr.write(`the report of the event loop could not be written: ${String(error)}\n`);
    }
  });
}
