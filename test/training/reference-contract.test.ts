import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { executorContract } from '../contracts/executor.contract.ts';

// Against itself: what is seen here is the manners, and that the suite can be kept.
executorContract('reference', {
  make: () => new ReferenceExecutor(),
  tolerance: 0,
  company: 'equal',
  restored: 1e-6,
  missing: 'fail',
  runs: 5,
});
