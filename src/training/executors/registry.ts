/** Every executor, one entry each. */
import type { ExecutorName } from '../../core/executor-names.ts';
import type { Calibrations } from '../calibration/calibrations.ts';
import type { Executor } from './executor.ts';
import { ReferenceExecutor } from './reference/reference.ts';
import { TensorflowExecutor } from './tensorflow/tensorflow.ts';
import { WasmExecutor } from './wasm/wasm.ts';
import { WebgpuExecutor } from './webgpu/webgpu.ts';

export interface RegisteredExecutor {
  /**
   * The name by which a study selects it. Forms of one executor share it; the last is preferred.
   */
  readonly name: ExecutorName;
  /** True if its results are bit-identical on every machine. */
  readonly reproducible: boolean;
  /** `calibrated`: timed against the others. `fallback`: trains where no other executor can. */
  readonly use: 'calibrated' | 'fallback';
  /**
   * Devices that it computes on. In a slot of a CPU, executors of GPUs are used only if the study
   * selects them.
   */
  readonly computesOn: 'cpu' | 'gpu' | 'both';
  readonly executor: Executor;
}

/**
 * The executors in the order in which equally fast ones are preferred.
 * @param calibrations keeps what searches on cards find; absent: there are none
 */
export function registeredExecutors(calibrations?: Calibrations): readonly RegisteredExecutor[] {
  return [
    {
      name: 'wasm',
      reproducible: true,
      use: 'calibrated',
      computesOn: 'cpu',
      executor: new WasmExecutor({ fused: false }),
    },
    {
      name: 'wasm',
      reproducible: false,
      use: 'calibrated',
      computesOn: 'cpu',
      executor: new WasmExecutor(),
    },
    {
      name: 'webgpu',
      reproducible: false,
      use: 'calibrated',
      computesOn: 'gpu',
      executor: new WebgpuExecutor(calibrations === undefined ? {} : { search: { calibrations } }),
    },
    {
      name: 'tensorflow',
      reproducible: false,
      use: 'calibrated',
      computesOn: 'gpu',
      executor: new TensorflowExecutor({ form: 'xla' }),
    },
    {
      name: 'tensorflow',
      reproducible: false,
      use: 'calibrated',
      computesOn: 'both',
      executor: new TensorflowExecutor(),
    },
    {
      name: 'reference',
      reproducible: true,
      use: 'fallback',
      computesOn: 'cpu',
      executor: new ReferenceExecutor(),
    },
  ];
}
