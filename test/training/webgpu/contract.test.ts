import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { executorContract } from '../../contracts/executor.contract.ts';
import { size } from '../../support/effort.ts';
import { whereGpu } from './software-gpu.ts';

whereGpu('GPU: the executor contract', () => {
  executorContract('webgpu', {
    make: () => new WebgpuExecutor(),
    tolerance: 1e-4,
    company: 'equal',
    restored: 'equal',
    missing: 'fail',
    inFlight: 2,
    runs: size(1, 2),
    every: size(20, 1),
  });
});
