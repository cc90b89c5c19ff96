/** Contract of every lab storage for reports and pruned trials: part of the storage contract. */
import { expect, it } from 'vitest';
import type { Write } from '../../src/core/scheduling/index.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  propose,
  start,
  trialsOf,
} from '../support/lab-writes.ts';

/** @param first the lab that was opened first; `reopen` opens it again */
export function reportsContract(first: () => LabStorage, reopen: () => LabStorage): void {
  it('gives back the reports of the last attempt in ascending order, each step once', () => {
    let lab = first();
    const report = (step: number, value: number, attemptNumber = 1): Write => ({
      op: 'reported',
      attempt: { study: UID, number: 0, attemptNumber },
      step,
      value,
    });
    const reports = (): unknown => trialsOf(reopen().lab)[0]?.reports;
    lab.commit([[createStudy(), propose(0)], [start(0)], [report(7, 0.1 + 0.2)], [report(2, 1)]]);
    lab = reopen();
    lab.commit([[report(2, -0)]]);
    expect(reports()).toEqual([
      { step: 2, value: 0 },
      { step: 7, value: 0.1 + 0.2 },
    ]);
    lab = reopen();
    const counters = { crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 };
    lab.commit([[endAttempt(0, 1, 'lost'), { op: 'trialBack', uid: UID, number: 0, ...counters }]]);
    expect(reports()).toEqual([]);
    lab = reopen();
    const end = {
      state: 'pruned',
      outcome: 'pruned',
      value: 5e-324,
      attemptNumber: 2,
      finishSeq: 0,
    } as const;
    lab.commit([
      [start(0, 2)],
      [report(1, 1, 2)],
      [endAttempt(0, 2, 'pruned', 5e-324), endTrial(0, end)],
    ]);
    expect(trialsOf(reopen().lab)[0]).toMatchObject({
      state: 'pruned',
      end: { outcome: 'pruned', value: 5e-324 },
      reports: [
        { step: 1, value: 1 },
        { step: 3, value: 5e-324 },
      ],
    });
  });

  it('gives back that a trial is paused, and the reports before its checkpoint', () => {
    let lab = first();
    const counters = { crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 };
    const back = { op: 'trialBack', uid: UID, number: 0, ...counters, checkpoint: 3 } as const;
    const report = (step: number, attemptNumber: number): Write => ({
      op: 'reported',
      attempt: { study: UID, number: 0, attemptNumber },
      step,
      value: step,
    });
    lab.commit([[createStudy(), propose(0)], [start(0)], [report(2, 1)]]);
    lab.commit([[endAttempt(0, 1, 'paused', 2), back]]);
    const stored = (): unknown => trialsOf(reopen().lab)[0];
    expect(stored()).toMatchObject({ state: 'waiting', pauses: 1, isPaused: true });
    lab = reopen();
    lab.commit([[start(0, 2)], [report(3, 2)]]);
    lab.commit([[endAttempt(0, 2, 'lost'), back]]);
    const steps = [2, 3].map((step) => ({ step, value: step }));
    expect(stored()).toMatchObject({ pauses: 1, isPaused: false, attemptNumber: 2 });
    expect(trialsOf(reopen().lab)[0]?.reports.filter(({ step }) => step >= 3)).toEqual([]);
    expect(trialsOf(reopen().lab)[0]?.reports).toContainEqual(steps[0]);
  });

  it('gives back the verdict on a trial while it runs and after it was pruned', () => {
    let lab = first();
    const verdict = { step: 3, expected: 0.25 };
    const verdicts = (): unknown => trialsOf(reopen().lab)[0]?.verdict;
    lab.commit([
      [createStudy(), propose(0)],
      [start(0)],
      [{ op: 'verdict', uid: UID, number: 0, verdict }],
    ]);
    expect(verdicts()).toEqual(verdict);
    lab = reopen();
    const end = { state: 'pruned', outcome: 'pruned', value: 1, finishSeq: 0 } as const;
    lab.commit([[endAttempt(0, 1, 'pruned', 1), endTrial(0, end)]]);
    expect(verdicts()).toEqual(verdict);
  });

  it('gives back the executor of a study whose first result was pruned', () => {
    const lab = first();
    const end = { state: 'pruned', outcome: 'pruned', value: 1, finishSeq: 0 } as const;
    lab.commit([[createStudy(), propose(0)], [start(0)]]);
    lab.commit([[endAttempt(0, 1, 'pruned', 1), endTrial(0, end)]]);
    expect(reopen().lab.studies[0]).toMatchObject({ executor: 'wasm' });
  });
}
