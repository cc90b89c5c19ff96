/**
 * The `tensorflow` executor: runs the plan as one TensorFlow graph, on GPUs with CUDA and on CPUs,
 * where `galapagos backend install tensorflow` has installed the libraries. Its results equal the
 * other executors' within a tolerance, not bit by bit.
 */
import { freemem } from 'node:os';
import { ASSUMED_CARD_BYTES } from '../../../core/device.ts';
import type { DatasetShape } from '../../../datasets/dataset-view.ts';
import { cardMemory } from '../../../runtime/gpu/adapters.ts';
import { longCall } from '../../../runtime/long-call.ts';
import { arenaBytes, laneBytes, sharedBytes } from '../../plan/memory.ts';
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Executor, Memory, Usable } from '../executor.ts';
import { loadBinding, type Binding } from './binding.ts';
import { visibleCardName } from './card-name.ts';
import { bucketOf, TensorflowExecutable } from './executable.ts';
import { findInstallation } from './installation.ts';
import { makeProgram, type Form } from './make-program.ts';

const INSTALL = 'galapagos backend install tensorflow';
const REMEDY = `${INSTALL} sets it up`;

export interface TensorflowOptions {
  /** Folder of the installation; default: the value of GALAPAGOS_TENSORFLOW. */
  readonly folder?: string | undefined;
  /**
   * `xla`: usable on cards where CUDA's assembler is installed. `ops`: never use a graph; for
   * comparisons of the two forms.
   */
  readonly form?: Form;
}

/** Longest duration of loading the libraries, or a graph, from a slow disk. */
const LOAD_MS = 60_000;

type Found = Exclude<ReturnType<typeof findInstallation>, { readonly absent: string }>;

interface Loaded {
  readonly binding: Binding;
  readonly label: string;
  /** True if CUDA's assembler is installed, which XLA needs. */
  readonly assembler: boolean;
}

export class TensorflowExecutor implements Executor {
  readonly name = 'tensorflow';
  readonly #folder: string | undefined;
  readonly #form: Form;
  #loaded: Promise<Loaded | { readonly reason: string }> | undefined;

  constructor(options: TensorflowOptions = {}) {
    this.#folder = options.folder ?? process.env['GALAPAGOS_TENSORFLOW'];
    this.#form = options.form ?? 'graph';
  }

  /** Loads the libraries into this process, once. */
  async probe(): Promise<Usable> {
    const loaded = await this.#load();
    if ('reason' in loaded) return { usable: false, reason: loaded.reason, remedy: REMEDY };
    const { label, binding, assembler } = loaded;
    if (this.#form === 'xla' && !(assembler && binding.isUsingGpuDevice()))
      return {
        usable: false,
        reason: 'XLA compiles for cards only, and needs CUDA’s assembler (ptxas)',
        remedy: `${INSTALL} --cuda installs it`,
      };
    const memoryBytes = usableMemory(binding.isUsingGpuDevice());
    return { usable: true, label, memoryBytes, parallel: 1 };
  }

  estimate(plan: Plan, lanes: number, dataset: DatasetShape): Memory {
    return memoryOf(plan, lanes, dataset, `one graph, ${String(bucketOf(lanes))} lanes`);
  }

  /** @throws TrainingError `unsupported`, `compile-failed` */
  async compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<TensorflowExecutable> {
    signal.throwIfAborted();
    const loaded = await this.#load();
    if ('reason' in loaded)
      throw new TrainingError('unsupported', `tensorflow: ${loaded.reason}; ${REMEDY}`);
    const { binding, label } = loaded;
    const shape = { samples: 0, shape: plan.input.shape, classes: 0, sampleType: plan.input.type };
    return longCall(
      LOAD_MS,
      () =>
        new TensorflowExecutable(
          plan,
          lanes,
          label,
          (bucket, refused) => makeProgram(binding, plan, bucket, this.#form, refused),
          (bucket, form) => memoryOf(plan, bucket, shape, form),
        ),
    );
  }

  async #load(): Promise<Loaded | { readonly reason: string }> {
    const found = findInstallation(this.#folder);
    if ('absent' in found) return { reason: found.absent };
    return (this.#loaded ??= longCall(LOAD_MS, () => load(found, this.#form)));
  }
}

/** Memory of the worker's card, or free memory of the machine, in bytes. */
export function usableMemory(
  onCard: boolean,
  env: NodeJS.ProcessEnv = process.env,
  free = freemem(),
): number {
  return onCard ? (cardMemory(env) ?? ASSUMED_CARD_BYTES) : free;
}

function load(found: Found, form: Form): Loaded | { readonly reason: string } {
  try {
    const binding = loadBinding(found);
    const device = binding.isUsingGpuDevice() ? visibleCardName() : 'cpu';
    return {
      binding,
      label: `tensorflow:${binding.TF_Version}:${device}${form === 'xla' ? ':xla' : ''}`,
      assembler: found.cudaTools !== null,
    };
  } catch (error) {
    return {
      reason: `${found.binding} does not load: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/**
 * Estimates the memory: every activation once, and as much again for masks, transposed copies and
 * temporary gradients.
 */
function memoryOf(plan: Plan, lanes: number, dataset: DatasetShape, form: string): Memory {
  const lane = laneBytes(plan, 2, 2 * plan.batch, arenaBytes(plan));
  return {
    sharedBytes: sharedBytes(plan, dataset),
    laneBytes: Math.ceil((lane * bucketOf(lanes)) / Math.max(1, lanes)),
    codeBytes: 0,
    form,
  };
}
