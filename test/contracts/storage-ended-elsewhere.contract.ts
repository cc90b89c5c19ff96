/**
 * Contract of every lab storage for trials that another program has ended: part of the storage
 * contract.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { LabStorage } from '../../src/storage/storage.ts';
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
import type { StorageHarness } from './storage.contract.ts';

/** @param harnessNow the harness of the running test */
export function endedElsewhereContract(harnessNow: () => StorageHarness): void {
  describe('Storage: trials that another program has ended', () => {
    let harness: StorageHarness;
    let lab: LabStorage;
    beforeEach(() => {
      harness = harnessNow();
      lab = harness.first;
      lab.commit([[createStudy(), propose(0), propose(1), propose(2)], [start(0)], [start(1)]]);
      harness.endElsewhere(UID, 0, 'complete', 0.25);
    });

    it('reports the trial when our outcome arrives and writes the rest of the commit, but nothing of the trial', () => {
      const { endedElsewhere } = lab.commit([succeed(0, 0), succeed(1, 1), [start(2)]]);
      expect(endedElsewhere).toEqual([{ study: UID, number: 0, state: 'complete', value: 0.25 }]);
      lab.commit([
        [
          endTrial(0, { finishSeq: 0, outcome: 'endedElsewhere', value: 0.25, attemptNumber: 0 }),
          endAttempt(0, 1, 'cancelled'),
        ],
      ]);
      expect(trialsOf(harness.reopen().lab)).toMatchObject([
        {
          state: 'complete',
          end: { outcome: 'endedElsewhere', value: 0.25, finishSeq: 0 },
          unsettled: [],
        },
        { state: 'complete', end: { outcome: 'succeeded', finishSeq: 1 } },
        { state: 'running' },
      ]);
    });

    it('finds the trial at opening and places it after all others', () => {
      lab.commit([succeed(1, 0)]);
      harness.endElsewhere(UID, 0, 'failed', null);
      const [first] = trialsOf(harness.reopen().lab);
      expect(first).toMatchObject({
        state: 'failed',
        end: { outcome: 'endedElsewhere', value: NaN, finishSeq: 1 },
        attemptNumber: 1,
      });
      // The scheduler cancels its attempt.
      expect(first?.unsettled).toHaveLength(1);
      expect(trialsOf(harness.reopen().lab)[0]?.end?.finishSeq).toBe(1);
    });
  });
}
