/**
 * Entry of the watchdog's thread (`watchdog.ts`). Imports none of the program's modules, to keep
 * its start-up cost low.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

export interface WatchdogSettings {
  /** Id of the parent process that this process must not outlive. */
  readonly parent: number;
  /** Prefix of the last line on stderr. */
  readonly name: string;
  readonly standstillMs: number;
  readonly lookMs: number;
  /** One counter, which the main thread increments. */
  readonly beats: Int32Array;
}

const { parent, name, standstillMs, lookMs, beats } = workerData as WatchdogSettings;

let seen = Atomics.load(beats, 0);
/**
 * Number of checks since the counter last changed. Counting checks instead of time gives a process
 * that was stopped or suspended its full time again.
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
    // On Windows an orphan keeps its parent's process id.
    return process.kill(parent, 0);
  } catch {
    return false;
  }
}

/**
 * Kills by SIGKILL: `process.exit` would wait for native work of the main thread, which may never
 * end.
 */
function end(reason: string | null): void {
  try {
    // `process.stderr` of a thread writes through the main thread, which may be blocked.
    if (reason !== null) writeSync(2, `${name}: ${reason}\n`);
  } catch {
    // The reader of stderr is gone.
  }
  try {
    // Kills the group if the process leads one, so that its children end as well.
    if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  } catch {
    // The process leads no group.
  }
  process.kill(process.pid, 'SIGKILL');
}
