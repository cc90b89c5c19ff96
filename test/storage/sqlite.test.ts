import { expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { storageContract } from '../contracts/storage.contract.ts';
import { endElsewhere } from '../support/foreign-program.ts';
import { UID, createStudy, propose, start, succeed } from '../support/lab-writes.ts';
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

it('opens a lab without reading the trials of a finished study, and reads their totals once, when asked', () => {
  const folder = temporaryFolder();
  const file = folder.file('lab.db');
  const finished: Write = { op: 'studyState', uid: UID, state: 'finished', reason: 'trials' };
  let lab = openLab(file, { create: true });
  try {
    lab.commit([[createStudy()], [propose(0)], [start(0)], succeed(0, 0, 1), [finished]]);
    lab.close();
    lab = openLab(file, { create: false });
    // Totals that were read when the lab was opened would not include this end.
    lab.commit([[propose(1)], [start(1)], succeed(1, 1, 2)]);
    const head = lab.lab.studies[0]?.head;
    expect(head).toMatchObject({ trials: 2 });
    expect(lab.lab.studies[0]?.head).toBe(head);
  } finally {
    lab.close();
    folder.remove();
  }
});
