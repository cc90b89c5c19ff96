/**
 * Holds the lab named by its argument; says `held`, or why it was refused; then, for each line read, what a commit
 * came to, or that it is closed (line `close`).
 */
import { createInterface } from 'node:readline';
import { StorageError } from '../../src/storage/errors.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID } from './lab-writes.ts';

const lab = open();
console.log('held');
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'close') {
    lab.close();
    console.log('closed');
    return;
  }
  try {
    lab.commit([[{ op: 'activeMs', uid: UID, activeMs: 1 }]]);
    console.log('committed');
  } catch (error) {
    console.log(error instanceof StorageError ? error.code : String(error));
  }
});

function open(): LabStorage {
  try {
    return openLab(process.argv[2] ?? '', { create: true });
  } catch (error) {
    console.log(error instanceof StorageError ? `refused ${error.code}` : String(error));
    process.exit(1);
  }
}
