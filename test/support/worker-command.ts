/** Starts built workers, and determines whether a process exists. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const workerCommand = {
  entry: path('../../out/main/worker.js'),
  execArgv: [],
  resources: path('../../resources'),
  userFolder: join(tmpdir(), 'galapagos-test-user'),
  devices: [cpuDevice()],
  memoryLimitBytes: 1024 * 2 ** 20,
} as const;

/** A process that has ended but was not waited for counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/**
 * Milliseconds until a process that is not a child of this one is gone; polled each 5 ms, because
 * there is no event.
 */
export async function gone(pid: number, withinMs: number): Promise<number> {
  const from = performance.now();
  while (isAlive(pid)) {
    if (performance.now() - from > withinMs)
      throw new Error(`process ${pid} is still there after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - from;
}
