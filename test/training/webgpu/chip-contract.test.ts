import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { executorContract } from '../../contracts/executor.contract.ts';
import { size } from '../../support/effort.ts';
import { whereGpu } from './software-gpu.ts';

whereGpu('GPU: the executor contract on chip', () => {
  executorContract('webgpu on chip', {
    make: () => new WebgpuExecutor({ form: 'A' }),
    tolerance: 1e-4,
    company: 'equal',
    restored: 'equal',
    inFlight: 2,
    // Norms are computed in form B.
    missing: 'skip',
    runs: size(1, 2),
    every: size(40, 1),
  });
});
