import { openLab } from '../../src/storage/sqlite.ts';
import { storageContract } from '../contracts/storage.contract.ts';
import { endElsewhere } from '../support/foreign-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

storageContract('an SQLite file', () => {
  const folder = temporaryFolder();
  const file = folder.file('lab.db');
  const first = openLab(file, { create: true });
  let newest = first;
  return {
    first,
    reopen: () => (newest = openLab(file, { create: false, takeOver: true })),
    endElsewhere: (study, number, state, value) => endElsewhere(file, study, number, state, value),
    dispose: () => {
      newest.close();
      folder.remove();
    },
  };
});
