/**
 * Memory of the whole machine. Used is what programs could not have: files that the system keeps in
 * spare memory count as free on Linux and Windows; macOS does not say, and counts them as used.
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
