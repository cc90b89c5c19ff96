import { expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { storageContract } from '../contracts/storage.contract.ts';
import {
  endElsewhere,
  enqueueElsewhere,
  foreignly,
  refusedElsewhere,
} from '../support/foreign-program.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  propose,
  start,
  succeed,
  trialsOf,
} from '../support/lab-writes.ts';
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
    enqueueElsewhere: (study, params) => enqueueElsewhere(file, study, params),
    refusedElsewhere: (row) => refusedElsewhere(file, row),
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

it('describes a trial by the attempt that ended it, also if a newer one ran beside it', () => {
  const folder = temporaryFolder();
  const file = folder.file('lab.db');
  let lab = openLab(file, { create: true });
  try {
    lab.commit([[createStudy()], [propose(0)], [start(0)], [start(0, 2)]]);
    lab.close();
    lab = openLab(file, { create: false });
    expect(trialsOf(lab.lab)[0]?.unsettled.map(({ attemptNumber }) => attemptNumber)).toEqual([
      1, 2,
    ]);
    lab.commit([
      [
        endAttempt(0, 1, 'succeeded', 5),
        { ...endAttempt(0, 2, 'cancelled'), result: null } as Write,
        endTrial(0, { finishSeq: 0, value: 5, attemptNumber: 1 }),
      ],
    ]);
    lab.close();
    const [described] = foreignly(
      file,
      "SELECT value_json FROM trial_user_attributes WHERE key = 'galapagos:trial'",
    );
    expect(String(described?.[0])).toContain('"executor": "wasm"');
  } finally {
    lab.close();
    folder.remove();
  }
});
