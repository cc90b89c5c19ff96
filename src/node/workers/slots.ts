/** Number of workers that this machine takes, and the memory that each may use. */
import { availableCores } from '../../runtime/confinement.ts';
import { memoryBytes } from '../../runtime/cpu-device.ts';

/** Share of the machine's memory that its workers may have together. */
const MEMORY_SHARE = 0.8;
/** Memory that a worker needs at least. */
const LEAST_BYTES = 256 * 2 ** 20;
/**
 * Most workers for each core. A worker keeps one core busy; more are for trials that wait, and so
 * for a few at most.
 */
const MOST_PER_CORE = 4;

export interface WorkerCount {
  readonly workers: number;
  /** Reason why fewer than were asked for; null: as many. */
  readonly note: string | null;
}

/**
 * Limits a number of workers by the cores and the memory of this machine.
 * @param asked null: one for each core
 */
export function workerCount(
  asked: number | null,
  cores: number = availableCores(),
  totalBytes: number = memoryBytes(),
): WorkerCount {
  const byCores = MOST_PER_CORE * cores;
  const byMemory = Math.max(1, Math.floor((totalBytes * MEMORY_SHARE) / LEAST_BYTES));
  const wanted = asked ?? cores;
  const workers = Math.max(1, Math.min(wanted, byCores, byMemory));
  if (workers >= wanted) return { workers, note: null };
  const reason =
    byMemory < byCores
      ? `each needs ${LEAST_BYTES / 2 ** 20} MiB of the ${Math.floor((totalBytes * MEMORY_SHARE) / 2 ** 20)} MiB for workers`
      : `at most ${MOST_PER_CORE} per core on ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return { workers, note: `started ${workers} of ${wanted} requested workers: ${reason}` };
}

/** Most resident memory of each of `workers` workers on this machine. */
export function memoryLimitBytes(workers: number, totalBytes: number = memoryBytes()): number {
  return Math.max(LEAST_BYTES, Math.floor((totalBytes * MEMORY_SHARE) / Math.max(1, workers)));
}
