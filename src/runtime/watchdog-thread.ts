/**
 * Entry of the watchdog's thread (`watchdog.ts`). It imports nothing of ours, so that it costs next
 * to nothing.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

export interface WatchdogSettings {
  /** Process id of the parent that this process must not outlive. */
  readonly parent: number;
  /** Begins the last line on stderr. */
  readonly name: string;
  readonly standstillMs: number;
  readonly lookMs: number;
  /** One counter, which the main thread advances. */
  readonly beats: Int32Array;
}

const { parent, name, standstillMs, lookMs, beats } = workerData as WatchdogSettings;

let seen = Atomics.load(beats, 0);
/**
 * Looks since the loop last turned: counted, not timed, so that a process that was stopped or
 * asleep gets its time anew.
 */
let still = 0;

setInterval(() => {
  if (!isParentHere()) end(null);
  const now = Atomics.load(beats, 0);
  still = now === seen ? still + 1 : 0;
  seen = now;
  if (still * lookMs >= standstillMs)
    end(`its event loop stood still for ${standstillMs / 1_000} s; ended by its watchdog`);
}, lookMs);

function isParentHere(): boolean {
  if (process.ppid !== parent) return false;
  if (process.platform !== 'win32') return true;
  try {
    // On Windows an orphan keeps its parent's number.
    return process.kill(parent, 0);
  } catch {
    return false;
  }
}

/** By SIGKILL: `process.exit` waits for native work of the main thread, which may never end. */
function end(reason: string | null): void {
  try {
    // Not process.stderr, which in a thread goes through the main thread.
    if (reason !== null) writeSync(2, `${name}: ${reason}\n`);
  } catch {
    // Who would have read it is gone.
  }
  try {
    // With its group, where the process leads one: what it started ends with it.
    if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  } catch {
    // It leads none.
  }
  process.kill(process.pid, 'SIGKILL');
}
