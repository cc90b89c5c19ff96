/** Tests what readers of a lab file tell of trials that a pruner pauses at rungs. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import { trialStates } from '../../src/protocol/window/codes.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { UID, createStudy, endAttempt, propose, start } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('Reading a lab: trials that pause at rungs', () => {
  const folder = temporaryFolder();
  const file = folder.file('lab.db');
  afterAll(() => folder.remove());

  const back = (number: number, checkpoint?: number): Write => ({
    op: 'trialBack',
    uid: UID,
    number,
    ...{ crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 },
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });

  const report = (number: number, step: number, value: number): Write => ({
    op: 'reported',
    attempt: { study: UID, number, attemptNumber: 1 },
    step,
    value,
  });

  it('tells the epoch after which a trial is paused, until its next attempt starts', () => {
    const lab = openLab(file, { create: true });
    lab.commit([
      [createStudy(), propose(0), propose(1)],
      [start(0), report(0, 0, 0.5), report(0, 1, 0.4), report(0, 2, 0.3)],
      [endAttempt(0, 1, 'paused'), back(0, 3)],
      [start(1), report(1, 0, 0.5)],
      [endAttempt(1, 1, 'lost'), back(1)],
    ]);
    /** States of the rows that the window shows, by number. */
    const states = (): unknown[] => {
      const reader = readLab(file);
      try {
        const found: unknown[] = [];
        for (const { block } of reader.rows(UID))
          for (const [i, number] of block.number.entries())
            found[number] = trialStates[block.state[i]!];
        return found;
      } finally {
        reader.close();
      }
    };
    const paused = (): unknown[] => {
      const reader = readLab(file);
      try {
        return [...reader.trials(UID)].map(({ pausedAfter }) => pausedAfter);
      } finally {
        reader.close();
      }
    };
    expect(paused()).toEqual([3, undefined]);
    expect(states()).toEqual(['paused', 'waiting']);
    lab.commit([[start(0, 2)]]);
    expect(paused()).toEqual([undefined, undefined]);
    expect(states()).toEqual(['running', 'waiting']);
    // A promoted trial whose attempt was lost waits to repeat it.
    lab.commit([[endAttempt(0, 2, 'lost'), back(0, 3)]]);
    expect(paused()).toEqual([undefined, undefined]);
    expect(states()).toEqual(['waiting', 'waiting']);
    lab.close();
  });
});
