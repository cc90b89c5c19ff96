import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { executorContract } from '../../contracts/executor.contract.ts';
import { whereInstalled } from './installed.ts';

whereInstalled('tensorflow keeps the contract of executors', () => {
  executorContract('tensorflow', {
    make: () => new TensorflowExecutor(),
    tolerance: 1e-4,
    company: 1e-4,
    restored: 1e-4,
    missing: 'fail',
    runs: 12,
  });
});
