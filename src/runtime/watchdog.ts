/**
 * Starts the watchdog of a process that trains: a thread that kills the process when its parent is
 * gone or its event loop stands still, since a blocked loop notices neither.
 */
import { startThread } from './start-thread.ts';
import type { WatchdogSettings } from './watchdog-thread.ts';

/** Milliseconds between two looks of the watchdog, so that an orphan ends within a second. */
const LOOK_MS = 250;
/** Milliseconds between two heartbeats of the event loop. */
const BEAT_MS = 500;

/**
 * Milliseconds of standstill that end a process. Work is cut into pieces of some 50 ms where it can
 * be; a TensorFlow or reference step, a dataset handed over in one piece and the compilation of a
 * plan are not, and take up to some seconds. Twice the time after which a living coordinator kills
 * a worker that it does not hear (`killReplacedMs`), so that the watchdog never decides first.
 */
const STANDSTILL_MS = 120_000;

export function startWatchdog({
  name,
  parent = process.ppid,
  standstillMs = STANDSTILL_MS,
}: Pick<WatchdogSettings, 'name'> &
  Partial<Pick<WatchdogSettings, 'parent' | 'standstillMs'>>): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const settings: WatchdogSettings = { name, parent, standstillMs, lookMs: LOOK_MS, beats };
  const thread = startThread(import.meta.url, 'watchdog-thread', {
    workerData: settings,
    // Nothing that was loaded into the process is for this thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  // The watchdog keeps no process alive that has nothing left to do.
  thread.unref();
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
}
