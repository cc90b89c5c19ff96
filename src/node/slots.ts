/** The slots of this machine: shares of its devices, each served by one worker process. */
import { availableParallelism, totalmem } from 'node:os';

/** Share of the machine's memory that its workers may have together. */
const MEMORY_SHARE = 0.8;
const LEAST_BYTES = 256 * 2 ** 20;

/** `local/cpu/0` … one for each core that this process may use, or as many as are asked for. */
export function cpuSlots(count: number = availableParallelism()): readonly string[] {
  return Array.from({ length: Math.max(1, count) }, (_, i) => `local/cpu/${i}`);
}

/** Most resident memory of each of `workers` workers on this machine. */
export function memoryLimitBytes(workers: number, totalBytes: number = totalmem()): number {
  return Math.max(LEAST_BYTES, Math.floor((totalBytes * MEMORY_SHARE) / Math.max(1, workers)));
}
