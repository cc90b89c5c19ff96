/** Checks the number of workers that a study asks for. */
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Problem } from '../core/errors.ts';
import { workerCount } from '../node/workers/slots.ts';

/**
 * Greatest number of workers: the limit of this machine, or the lab's current number if that is
 * greater.
 */
export function mostWorkers(lab: Coordinator | null): number {
  return Math.max(workerCount(Number.MAX_SAFE_INTEGER).workers, lab?.lab.slots.size ?? 0);
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
