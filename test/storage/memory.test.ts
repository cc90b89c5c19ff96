import { memoryLab } from '../../src/storage/memory.ts';
import { storageContract } from '../contracts/storage.contract.ts';

storageContract('memory', () => {
  const first = memoryLab();
  let newest = first;
  return {
    first,
    reopen: () => (newest = memoryLab(newest)),
    endElsewhere: (study, number, state, value) => newest.endElsewhere(study, number, state, value),
    enqueueElsewhere: (study, params) => newest.enqueueElsewhere(study, params),
    refusedElsewhere: (row) => newest.refusedElsewhere.get(row) ?? null,
    dispose: () => newest.close(),
  };
});
