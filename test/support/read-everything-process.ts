/**
 * Reads everything of each lab named by an argument, opens it for writing, and prints the result of
 * the reading in one line.
 */
import { writeSync } from 'node:fs';
import { copyLab } from '../../src/storage/copy-lab.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { trialsOf } from './lab-writes.ts';

/** `done`, or the code of its error; any other error is a fault. */
function codeOf(act: () => void): string {
  try {
    act();
    return 'read';
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
}

function readEverything(file: string): void {
  const reader = readLab(file);
  try {
    for (const { uid, name } of reader.studies()) {
      const study = uid ?? name;
      for (const { number } of reader.trials(study)) reader.story(study, number);
      for (const { block } of reader.rows(study)) block.number.at(0);
      reader.parameters(study);
      reader.moments(study);
      reader.foreignEnds(study);
      reader.best(study, 5);
    }
    reader.attempts({ study: null, before: Number.MAX_SAFE_INTEGER, since: 0, most: 1_000 });
  } finally {
    reader.close();
  }
}

for (const file of process.argv.slice(2)) {
  const found = codeOf(() => readEverything(file));
  codeOf(() => copyLab(file, `${file}.copy`));
  codeOf(() => {
    const lab = openLab(file, { create: false });
    try {
      for (const { uid } of lab.lab.studies) trialsOf(lab.lab, uid);
    } finally {
      lab.close();
    }
  });
  writeSync(1, `${found}\n`);
}
