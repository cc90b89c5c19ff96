/** The command line as the program of this machine's node, beside the program of its workers. */
import { dirname, join } from 'node:path';
import { workerProgram } from '../../lab/worker-program.ts';
import type { WorkerProgram } from '../../lab/worker-program.ts';
import type { NodeProgram } from './node-child.ts';

/** @param worker default: as `worker-program.ts` finds it */
export function nodeProgram(worker: WorkerProgram = workerProgram()): NodeProgram {
  const folder = dirname(worker.entry);
  const entry = worker.entry.endsWith('.ts')
    ? join(folder, '..', 'cli', 'index.ts')
    : join(folder, 'cli.js');
  return { ...worker, entry };
}
