/**
 * The `tensorflow` executor: the plan as one TensorFlow graph, for cards with CUDA and for processors, where
 * `galapagos backend install tensorflow` has put the libraries. Its bits differ from the other executors' within a tolerance.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { arenaBytes, laneBytes, sharedBytes, type DatasetShape } from '../../plan/memory.ts';
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Executable, Executor, Memory, Usable } from '../executor.ts';
import { loadBinding, type Binding } from './binding.ts';
import { findInstallation } from './installation.ts';

const REMEDY = 'galapagos backend install tensorflow sets it up';

export interface TensorflowOptions {
  /** The folder of the installation; default: what GALAPAGOS_TENSORFLOW names. */
  readonly folder?: string | undefined;
}

interface Loaded {
  readonly binding: Binding;
  readonly label: string;
}

export class TensorflowExecutor implements Executor {
  readonly name = 'tensorflow';
  readonly #folder: string | undefined;
  #loaded: Loaded | { readonly reason: string } | undefined;

  constructor(options: TensorflowOptions = {}) {
    this.#folder = options.folder ?? process.env['GALAPAGOS_TENSORFLOW'];
  }

  /** Loads the libraries into this process, once. */
  probe(): Promise<Usable> {
    const loaded = this.#load();
    return Promise.resolve(
      'reason' in loaded
        ? { usable: false, reason: loaded.reason, remedy: REMEDY }
        : { usable: true, label: loaded.label, memoryBytes: freemem(), parallel: 1 },
    );
  }

  estimate(plan: Plan, lanes: number, dataset: DatasetShape): Memory {
    const bucket = bucketOf(lanes);
    // Every activation exists once; masks, transposed copies and gradients on their way as much again.
    const lane = laneBytes(plan, 2, 2 * plan.batch, arenaBytes(plan));
    return {
      sharedBytes: sharedBytes(plan, dataset),
      laneBytes: Math.ceil((lane * bucket) / lanes),
      codeBytes: 0,
      form: `one graph, ${String(bucket)} ${bucket === 1 ? 'lane' : 'lanes'}`,
    };
  }

  compile(_plan: Plan, _lanes: number, signal: AbortSignal): Promise<Executable> {
    signal.throwIfAborted();
    const loaded = this.#load();
    if ('reason' in loaded) throw new TrainingError('unsupported', `tensorflow: ${loaded.reason}; ${REMEDY}`);
    throw new TrainingError('unsupported', 'tensorflow: this plan cannot be turned into a graph');
  }

  #load(): Loaded | { readonly reason: string } {
    this.#loaded ??= load(this.#folder);
    return this.#loaded;
  }
}

function load(folder: string | undefined): Loaded | { readonly reason: string } {
  const found = findInstallation(folder);
  if ('absent' in found) return { reason: found.absent };
  try {
    const binding = loadBinding(found.binding, found.installation.cuda);
    return { binding, label: `tensorflow:${binding.TF_Version}:${binding.isUsingGpuDevice() ? cardName() : 'cpu'}` };
  } catch (error) {
    return { reason: `${found.binding} does not load: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Lanes a graph is made for: shapes are static, so the next power of two. */
function bucketOf(lanes: number): number {
  let bucket = 1;
  while (bucket < lanes) bucket *= 2;
  return bucket;
}

/** The NVIDIA driver's own word for the first card; `cuda` where it cannot be read. */
function cardName(): string {
  const cards = '/proc/driver/nvidia/gpus';
  try {
    const [first = ''] = readdirSync(cards);
    return /^Model:\s*(.+)$/m.exec(readFileSync(join(cards, first, 'information'), 'utf8'))?.[1] ?? 'cuda';
  } catch {
    return 'cuda';
  }
}
