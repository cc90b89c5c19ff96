/** Checks the number of workers that a study asks for. */
import type { Coordinator } from '../coordinator/coordinator.ts';
import { deviceKind, parseSlot } from '../core/device.ts';
import type { Problem } from '../core/errors.ts';
import type { LabState } from '../core/scheduling/index.ts';
import { workerCount } from '../node/workers/slots.ts';

/**
 * Greatest number of workers: the limit of this machine, or the lab's current number if that is
 * greater.
 */
export function mostWorkers(lab: Coordinator | null): number {
  const now = lab === null ? 0 : cpuWorkers(lab.lab);
  return Math.max(workerCount(Number.MAX_SAFE_INTEGER).workers, now);
}

/** Number of slots of CPUs; the worker of a card is not counted. */
export function cpuWorkers({ slots }: LabState): number {
  let count = 0;
  for (const name of slots.keys()) count += Number(deviceKind(parseSlot(name).device) === 'cpu');
  return count;
}

/** @param workers as entered by the user; null or undefined: all workers of the lab */
export function workerProblems(workers: unknown, most: number): Problem[] {
  if (workers === null || workers === undefined) return [];
  const isWhole = typeof workers === 'number' && Number.isInteger(workers);
  if (isWhole && workers >= 1 && workers <= most) return [];
  return [
    {
      code: isWhole ? 'out-of-range' : 'wrong-type',
      path: 'workers',
      expected: `an integer from 1 to ${most}`,
      found: JSON.stringify(workers),
    },
  ];
}
