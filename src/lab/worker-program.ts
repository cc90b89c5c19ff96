/** The program of a worker process, as built or as source. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtForSources } from '../runtime/start-thread.ts';

export interface WorkerProgram {
  /** Absolute path of the worker's entry. */
  readonly entry: string;
  /** A plain Node; default: this process's own. */
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
}

/**
 * Returns the built worker beside the built entries; when this module itself runs from source, the
 * worker's source run through tsx, unless built entries are named (`builtForSources`).
 */
export function workerProgram(): WorkerProgram {
  const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  if (import.meta.url.endsWith('.ts')) {
    const built = builtForSources('worker');
    if (built !== null) return { entry: fileURLToPath(built) };
    return { entry: beside('../worker/index.ts'), execArgv: ['--import', 'tsx'] };
  }
  // Code shared by several entries is built into a folder below them.
  return {
    entry:
      ['./worker.js', '../worker.js'].map(beside).find((path) => existsSync(path)) ??
      beside('./worker.js'),
  };
}
