import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { executorContract } from '../contracts/executor.contract.ts';

// Compared with itself: this tests the behaviour of calls, and that the contract can be satisfied.
executorContract('reference', {
  make: () => new ReferenceExecutor(),
  tolerance: 0,
  company: 'equal',
  restored: 1e-6,
  missing: 'fail',
  runs: 5,
});
