/**
 * Leases and heartbeats of real workers in tests. On a busy machine a worker gets no time for a
 * while; the limits grow with the stall that this process measures, so that a lease ends only where
 * a test stops or kills a worker.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_OPTIONS } from '../../src/core/scheduling/options.ts';
import type { LabOptions } from '../../src/core/scheduling/options.ts';

/** Duration of the measurement, in milliseconds. */
const MEASURED_MS = 100;
/** Stall, in milliseconds, that doubles the limits. */
const DOUBLES_MS = 50;

/** Measures how long this process's event loop stands still until `end` is called. */
export function stallMeter(): { readonly end: () => number } {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  return {
    /** @returns the longest stall in milliseconds */
    end: () => {
      delays.disable();
      return delays.max / 1e6;
    },
  };
}

export type WorkerTimes = Pick<LabOptions, 'beatMs' | 'leaseMs' | 'taskMs' | 'obeyMs' | 'helloMs'>;

/**
 * @returns the scheduler's own limits, multiplied by 1 on a quiet machine and by more on a busy one
 */
export async function workerTimes(): Promise<WorkerTimes> {
  const meter = stallMeter();
  await pause(MEASURED_MS);
  return scaledTimes(meter.end());
}

/** @param stallMs longest measured stall, in milliseconds */
export function scaledTimes(stallMs: number): WorkerTimes {
  const scaled = (ms: number): number => Math.round(ms * Math.max(1, stallMs / DOUBLES_MS + 0.5));
  const { beatMs, leaseMs, taskMs, obeyMs, helloMs } = DEFAULT_OPTIONS;
  return {
    beatMs: scaled(beatMs),
    leaseMs: scaled(leaseMs),
    taskMs: scaled(taskMs),
    obeyMs: scaled(obeyMs),
    helloMs: scaled(helloMs),
  };
}
