/**
 * Holds the lab named by its argument and prints `held`, or why it was refused. Then answers each
 * line that it reads: `close` with `closed`; `beside` with `beside` after every other way in which
 * this program reads a lab file, from within the process that holds it; any other line with the
 * result of a commit.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { checkpoint } from '../../src/storage/checkpoint.ts';
import { copyLab } from '../../src/storage/copy-lab.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID } from './lab-writes.ts';

const file = process.argv[2] ?? '';
const lab = open();
console.log('held');
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'close') {
    lab.close();
    console.log('closed');
    return;
  }
  if (line === 'beside') {
    lookBeside();
    console.log('beside');
    return;
  }
  try {
    lab.commit([[{ op: 'activeMs', uid: UID, activeMs: 1 }]]);
    console.log('committed');
  } catch (error) {
    console.log(error instanceof StorageError ? error.code : String(error));
  }
});

function lookBeside(): void {
  const reader = readLab(file);
  reader.studies();
  reader.close();
  try {
    openLab(file, { create: false }).close();
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'held') throw error;
  }
  const copy = `${file}.copy`;
  copyLab(file, copy);
  rmSync(copy);
  checkpoint(file);
}

function open(): LabStorage {
  try {
    return openLab(file, { create: true });
  } catch (error) {
    console.log(error instanceof StorageError ? `refused ${error.code}` : String(error));
    process.exit(1);
  }
}
