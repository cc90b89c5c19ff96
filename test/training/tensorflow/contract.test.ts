import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { executorContract } from '../../contracts/executor.contract.ts';
import { absence } from './installed.ts';

for (const form of ['graph', 'ops'] as const) {
  executorContract(form === 'graph' ? 'tensorflow' : 'tensorflow, op by op', {
    make: () => new TensorflowExecutor({ form }),
    tolerance: 1e-4,
    company: 1e-4,
    restored: 1e-4,
    missing: absence === undefined ? 'fail' : 'skip',
    runs: form === 'graph' ? 12 : 4,
  });
}
