/**
 * Contract of every lab storage for trials that another program has enqueued: part of the storage
 * contract.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID, createStudy, propose, start, succeed, trialsOf } from '../support/lab-writes.ts';
import type { StorageHarness } from './storage.contract.ts';

/** @param harnessNow the harness of the running test */
export function enqueuedElsewhereContract(harnessNow: () => StorageHarness): void {
  describe('Storage: trials that another program has enqueued', () => {
    const params = { units: 32 };
    let harness: StorageHarness;
    let lab: LabStorage;
    let row: number;
    beforeEach(() => {
      harness = harnessNow();
      lab = harness.first;
      lab.commit([[createStudy(), propose(0)], [start(0)]]);
      lab.enqueuedElsewhere();
      row = harness.enqueueElsewhere(UID, params);
    });

    it('finds them, and reads them again only after another program has changed the file', () => {
      expect(lab.enqueuedElsewhere()).toEqual([{ row, study: UID, params }]);
      expect(lab.enqueuedElsewhere()).toBeNull();
      lab.commit([[propose(1)]]);
      expect(lab.enqueuedElsewhere()).toBeNull();
      const second = harness.enqueueElsewhere(UID, {});
      expect(lab.enqueuedElsewhere()?.map((trial) => trial.row)).toEqual([row, second]);
    });

    it('gives a proposal that claims one its place, and runs it as any other', () => {
      lab.commit([[{ ...propose(1), claims: row } as ReturnType<typeof propose>]]);
      lab = harness.reopen();
      expect(lab.enqueuedElsewhere()).toEqual([]);
      lab.commit([[start(1)], succeed(1, 0)]);
      expect(trialsOf(harness.reopen().lab)[1]).toMatchObject({ number: 1, state: 'complete' });
    });

    it('keeps a proposal whose claim comes too late', () => {
      const claiming = (number: number): ReturnType<typeof propose> =>
        ({ ...propose(number), claims: row }) as ReturnType<typeof propose>;
      lab.commit([[claiming(1)], [claiming(2)], [start(2)], succeed(2, 0)]);
      expect(trialsOf(harness.reopen().lab)[2]).toMatchObject({ number: 2, state: 'complete' });
    });

    it('ends a refused one with its reason, once', () => {
      lab.refuseEnqueued(row, 'units: out of range');
      lab.refuseEnqueued(row, 'another reason');
      expect(harness.refusedElsewhere(row)).toBe('units: out of range');
      expect(harness.reopen().enqueuedElsewhere()).toEqual([]);
    });
  });
}
