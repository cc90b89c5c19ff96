/** Holds the lab named by its argument; says `held`, and for each line read, what a commit came to. */
import { createInterface } from 'node:readline';
import { StorageError } from '../../src/storage/errors.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { UID } from './lab-writes.ts';

const lab = openLab(process.argv[2] ?? '', { create: false });
console.log('held');
createInterface({ input: process.stdin }).on('line', () => {
  try {
    lab.commit([[{ op: 'activeMs', uid: UID, activeMs: 1 }]]);
    console.log('committed');
  } catch (error) {
    console.log(error instanceof StorageError ? error.code : String(error));
  }
});
