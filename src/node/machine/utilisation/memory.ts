/**
 * Memory of the whole machine. Used means unavailable to programs: the file cache counts as free on
 * Linux and Windows; macOS does not report it, so there it counts as used.
 */
import { freemem, totalmem } from 'node:os';

export interface MemoryUse {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

export function memoryUse(): MemoryUse {
  const totalBytes = totalmem();
  return { usedBytes: totalBytes - freemem(), totalBytes };
}
