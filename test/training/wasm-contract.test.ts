import { it } from 'vitest';
import { fuses } from '../../src/training/executors/wasm/fused.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import { executorContract } from '../contracts/executor.contract.ts';
import { size } from '../support/effort.ts';

const wasm = {
  tolerance: 1e-4,
  company: 'equal',
  restored: 'equal',
  missing: 'fail',
  runs: size(15, 40),
} as const;

executorContract('wasm', { ...wasm, make: () => new WasmExecutor({ fused: false }) });

if (fuses()) executorContract('wasm-fma', { ...wasm, make: () => new WasmExecutor() });
else {
  it('wasm-fma satisfies the contract', (context) => {
    context.skip(
      `Node ${process.version} has no relaxed SIMD that fuses multiply and add; Node 22 has`,
    );
  });
}
