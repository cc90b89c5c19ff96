/**
 * Schedulers that break a rule: the source with one passage replaced, loaded beside the original. A
 * mutant whose passage is no longer in the source is an error.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SimulatedWorker } from '../../src/core/simulation/simulated-worker.ts';
import type { Machine } from './adversarial-world.ts';

export interface Mutant {
  /** Path below src/core. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The scheduler with the rule broken. */
export async function loadMutant(name: string, mutant: Mutant): Promise<Machine> {
  return (await import(join(writeMutant(name, mutant), 'scheduling', 'index.ts'))) as Machine;
}

/** The simulated worker with the rule broken. */
export async function loadMutantWorker(name: string, mutant: Mutant): Promise<WorkerClass> {
  const module = (await import(
    join(writeMutant(name, mutant), 'simulation', 'simulated-worker.ts')
  )) as { SimulatedWorker: WorkerClass };
  return module.SimulatedWorker;
}

export type WorkerClass = typeof SimulatedWorker;

function writeMutant(name: string, { file, from, to }: Mutant): string {
  const folder = join(root, '.cache', 'mutants', name.replaceAll(/[^a-z0-9]+/gi, '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'src', 'core'), folder, {
    recursive: true,
    filter: (path) => !path.endsWith('.json'),
  });
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2)
    throw new Error(`mutant "${name}": ${file} does not have this passage once: ${from}`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  return folder;
}
