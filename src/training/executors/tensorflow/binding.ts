/**
 * Native binding of tfjs-node: TensorFlow's C interface as functions on tensors that are identified
 * by numbers. The JavaScript part of tfjs is not needed and not loaded. Calls are synchronous.
 */
import { createRequire } from 'node:module';
import type { Installed } from './installation.ts';

export interface OutputTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface OpAttribute {
  readonly name: string;
  /** One of the binding's TF_ATTR_… constants. */
  readonly type: number;
  readonly value: string | number | boolean | readonly number[];
}

/** The functions used here, under the binding's own names. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_UINT8: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  /** Shares the array's memory, which must not change while the tensor exists. */
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: Float32Array | Int32Array | Uint8Array,
  ): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array | BigInt64Array;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): OutputTensor[];
  isUsingGpuDevice(): boolean;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** @param inputNames, outputNames `name:0`, separated by commas */
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): OutputTensor[];
}

const FUNCTIONS = [
  'createTensor',
  'deleteTensor',
  'tensorDataSync',
  'executeOp',
  'isUsingGpuDevice',
  'loadSavedModel',
  'deleteSavedModel',
  'runSavedModel',
];

const loaded = new Map<string, Binding>();

/**
 * Loads the library into this process, once per path. Takes about 0.6 s and 350 MB.
 * @throws the error of the system's loader
 */
export function loadBinding({ binding: path, installation, cudaTools }: Installed): Binding {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  setEnvironment(installation.cuda, cudaTools);
  const binding = createRequire(import.meta.url)(path) as Partial<Record<string, unknown>>;
  const lacking = FUNCTIONS.find((name) => typeof binding[name] !== 'function');
  if (lacking !== undefined || typeof binding['TF_Version'] !== 'string') {
    throw new TypeError(
      `${path}: expected tfjs-node's binding, found no ${lacking ?? 'TF_Version'}`,
    );
  }
  const checked = binding as unknown as Binding;
  loaded.set(path, checked);
  return checked;
}

/**
 * Sets environment variables that TensorFlow reads at start. Variables that are already set are
 * kept.
 */
function setEnvironment(cuda: boolean, cudaTools: string | null): void {
  const wanted: Record<string, string> = cuda
    ? // Otherwise the first process allocates the whole GPU memory.
      {
        TF_CPP_MIN_LOG_LEVEL: '2',
        TF_FORCE_GPU_ALLOW_GROWTH: 'true',
        ...(cudaTools === null ? {} : { XLA_FLAGS: `--xla_gpu_cuda_data_dir=${cudaTools}` }),
      }
    : // Each worker process uses one core.
      { TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
  for (const [name, value] of Object.entries(wanted)) process.env[name] ??= value;
}
