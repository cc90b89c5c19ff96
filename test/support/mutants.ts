/**
 * Schedulers that break a rule: the source with one passage replaced, bundled and loaded beside the
 * original. A mutant whose passage is no longer in the source is an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { SimulatedWorker } from '../../src/core/simulation/simulated-worker.ts';
import type { Machine } from './adversarial-world.ts';

export interface Mutant {
  /** Path below src/core. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export type WorkerClass = typeof SimulatedWorker;

const core = fileURLToPath(new URL('../../src/core/', import.meta.url));

/** The scheduler with the rule broken. */
export async function loadMutant(name: string, mutant: Mutant): Promise<Machine> {
  return (await load('scheduling/index.ts', name, mutant)) as Machine;
}

/** The simulated worker with the rule broken. */
export async function loadMutantWorker(name: string, mutant: Mutant): Promise<WorkerClass> {
  const module = (await load('simulation/simulated-worker.ts', name, mutant)) as {
    SimulatedWorker: WorkerClass;
  };
  return module.SimulatedWorker;
}

/**
 * Loads a module of src/core, with all that it imports, as one module of its own.
 * @param entry path below src/core
 */
async function load(entry: string, name: string, { file, from, to }: Mutant): Promise<unknown> {
  const mutated = join(core, file);
  const source = readFileSync(mutated, 'utf8');
  if (source.split(from).length !== 2)
    throw new Error(`mutant "${name}": ${file} does not have this passage once: ${from}`);
  const contents = source.replace(from, () => to);
  const replaced: string[] = [];
  const { outputFiles } = await build({
    entryPoints: [join(core, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'node20',
    // Two mutants of one text would be one module.
    banner: { js: `// ${name}` },
    plugins: [
      {
        name: 'mutant',
        setup: (bundle) => {
          bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (path !== mutated) return undefined;
            replaced.push(path);
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  if (replaced.length === 0) throw new Error(`mutant "${name}": ${entry} does not import ${file}`);
  // From memory: Vitest would transform a file of the project once more.
  const text = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${text}`);
}
