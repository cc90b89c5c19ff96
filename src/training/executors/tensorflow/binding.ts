/**
 * tfjs-node's native binding, by itself: TensorFlow's C interface as functions on tensors named by
 * numbers. The JavaScript of tfjs is not loaded, as nothing of it is needed. Calls are synchronous.
 */
import { createRequire } from 'node:module';

export interface OutputTensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface OpAttribute {
  readonly name: string;
  /** One of the binding's TF_ATTR_…. */
  readonly type: number;
  readonly value: string | number | boolean | readonly number[];
}

/** The part that is used. Names are the binding's own. */
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
  /** The array's memory is shared and must not change while the tensor lives. */
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
  /** @param inputNames, outputNames `name:0`, with commas between */
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
 * Loads the library into this process, once a path; about 0.6 s and 350 MB.
 * @param cuda its libraries can use cards
 * @throws whatever the system's loader says
 */
export function loadBinding(path: string, cuda: boolean): Binding {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  setEnvironment(cuda);
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

/** What TensorFlow reads once, at its start; what is set already stays. */
function setEnvironment(cuda: boolean): void {
  const wanted: Record<string, string> = cuda
    ? // Else the first process takes the whole card.
      { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' }
    : // Workers are one process a core.
      { TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
  for (const [name, value] of Object.entries(wanted)) process.env[name] ??= value;
}
