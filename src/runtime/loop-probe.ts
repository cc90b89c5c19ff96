/**
 * Measures event-loop delay: a timer that should fire each millisecond, and how late it fires. For
 * benchmarks; the product itself does not use it. On Linux, time in which the loop was runnable but
 * had no core is reported separately.
 */
import { openSync, readSync, writeFileSync } from 'node:fs';
import type { Timer } from './timer.ts';

const EVERY_MS = 1;
/** Delays of at least this many milliseconds are recorded one by one. */
const LONG_MS = 5;
/** Greatest number of delays recorded one by one; later ones are only counted. */
const MOST_LONG = 10_000;
/** Widths of the counts from which percentiles are read. */
const STEP_MS = 0.1;

export interface LongTurn {
  /** Milliseconds since 1970 at which the timer finally fired. */
  readonly at: number;
  readonly lateMs: number;
  /** Part of the delay spent waiting for a core, in milliseconds; null: unknown. */
  readonly waitedMs: number | null;
  /**
   * CPU time of this thread during the delay, the turn itself included, in milliseconds; null:
   * unknown. The remainder is system calls and time stolen by the hypervisor.
   */
  readonly ranMs: number | null;
}

/** Scheduler accounting of this thread since its start, in milliseconds. */
export interface Scheduled {
  readonly ranMs: number;
  /** Runnable, but without a core. */
  readonly waitedMs: number;
}

export interface LoopReport {
  readonly seconds: number;
  readonly turns: number;
  /** Delay of the timer. */
  readonly lateMs: Spread;
  /**
   * Delay without the time spent waiting for a core, hence caused by this process. Null: the system
   * does not report it.
   */
  readonly blockedMs: Spread | null;
  /** Delays of 5 ms or more, in order. */
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
  /** Null where the system has no scheduler accounting. */
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

/** Histogram of durations, so that hours of turns take constant memory; the maximum is exact. */
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

  /** Upper edge of the bin that contains the percentile. */
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

/**
 * Reads the main thread's scheduler accounting on Linux: nanoseconds run and nanoseconds waited.
 */
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

/**
 * Starts measuring this process's event loop and writes the report as JSON when the process exits.
 */
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
