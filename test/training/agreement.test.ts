import { describe, expect, it } from 'vitest';
import { agree } from '../../src/training/calibration/agreement.ts';
import type { Executor } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import { subjectOf } from '../support/networks.ts';

const LAYERS = [
  { type: 'conv', filters: 3, kernel: 3 },
  { type: 'relu' },
  { type: 'flatten' },
  { type: 'dropout', rate: 0.5 },
  { type: 'dense', units: 3 },
];
const optimizers = ['sgd', 'adam', 'adamw', 'rmsprop'].map((type) => ({
  type,
  learningRate: { $param: 'rate' },
}));

/** Trains without the last step. */
const shorter: Pick<Executor, 'compile'> = {
  compile: async (...call) => {
    const executable = await new WasmExecutor().compile(...call);
    const run = executable.run.bind(executable);
    executable.run = (request) => run({ ...request, steps: request.steps - 1 });
    return executable;
  },
};

describe('Agreement of executors', () => {
  it.each(optimizers)(
    'is found within rounding, and not if a step is missing: $type',
    async (optimizer) => {
      const { plan } = subjectOf({
        name: 'conv',
        shape: [1, 6, 5],
        layers: LAYERS,
        settings: { optimizer: optimizer as never },
      });
      const reference = new ReferenceExecutor();
      expect(await agree(new WasmExecutor(), reference, plan)).toBe(true);
      expect(await agree(shorter, reference, plan)).toBe(false);
    },
  );
});
