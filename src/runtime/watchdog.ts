/**
 * Starts the watchdog of a training process: a thread that kills the process when its parent is
 * gone or its event loop stands still, since a blocked event loop notices neither.
 */
import { startThread } from './start-thread.ts';
import type { WatchdogSettings } from './watchdog-thread.ts';

/** Milliseconds between two checks, so that an orphan ends within a second. */
const LOOK_MS = 250;
/** Milliseconds between two heartbeats of the event loop. */
const BEAT_MS = 500;

/**
 * Milliseconds of standstill after which the process is killed. Most work is cut into pieces of
 * about 50 ms; a TensorFlow or reference step, a dataset handed over in one piece and compiling a
 * plan are not, and take up to some seconds. Twice the time after which a coordinator kills a
 * silent worker (`killReplacedMs`), so that the watchdog never decides first.
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
    // The thread needs none of the modules preloaded into the process.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  // The watchdog must not keep an idle process alive.
  thread.unref();
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
}
