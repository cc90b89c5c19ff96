/** The executors there are. */
import type { Executors } from '../calibration/choose.ts';
import { ReferenceExecutor } from './reference/reference.ts';
import { TensorflowExecutor } from './tensorflow/tensorflow.ts';
import { WasmExecutor } from './wasm/wasm.ts';

export function allExecutors(): Executors {
  return {
    wasm: new WasmExecutor({ fused: false }),
    fused: new WasmExecutor(),
    tensorflow: new TensorflowExecutor(),
    reference: new ReferenceExecutor(),
  };
}
