import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { executorContract } from '../../contracts/executor.contract.ts';
import { absence } from './installed.ts';

executorContract('tensorflow', {
  make: () => new TensorflowExecutor(),
  tolerance: 1e-4,
  company: 1e-4,
  restored: 1e-4,
  missing: absence === undefined ? 'fail' : 'skip',
  runs: 12,
});
