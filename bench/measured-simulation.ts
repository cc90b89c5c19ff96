/** A simulated lab, with the memory and the CPU time that it takes here. */
import { simulate } from '../src/core/simulation/index.ts';
import type { SimulationOptions, SimulationReport } from '../src/core/simulation/index.ts';
import { garbageCollector, heldBytes } from './held-memory.ts';

export interface MeasuredSimulation {
  readonly report: SimulationReport;
  readonly wallMs: number;
  /** CPU time of the process. */
  readonly processorMs: number;
  /** CPU time of the scheduler and the sampler. */
  readonly schedulerMs: number;
  /**
   * Bytes held before the first trial, at half of them, and at the last, each after a collection.
   */
  readonly heldAt: readonly [before: number, half: number, last: number];
}

export function measuredSimulation(options: SimulationOptions): MeasuredSimulation {
  const { trials } = options;
  const collect = garbageCollector();
  collect();
  const before = heldBytes();
  let [evaluated, half, last, schedulerWallMs] = [0, 0, 0, 0];
  const start = { wall: performance.now(), cpu: process.cpuUsage() };
  const report = simulate({
    ...options,
    value: (params, number) => {
      evaluated += 1;
      // At the last trial all lasting data are still in memory.
      if (evaluated === trials >> 1 || evaluated === trials) {
        collect();
        if (evaluated === trials) last = heldBytes();
        else half = heldBytes();
      }
      return options.value(params, number);
    },
    measure: (work) => {
      const began = performance.now();
      work();
      schedulerWallMs += performance.now() - began;
    },
  });
  const wallMs = performance.now() - start.wall;
  const { user, system } = process.cpuUsage(start.cpu);
  const processorMs = (user + system) / 1000;
  // The machine may be shared, so the scheduler's share is computed from CPU time.
  const schedulerMs = (processorMs * schedulerWallMs) / wallMs;
  return { report, wallMs, processorMs, schedulerMs, heldAt: [before, half, last] };
}
