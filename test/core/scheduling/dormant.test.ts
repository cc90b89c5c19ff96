/**
 * Tests studies that had finished before the lab was opened: their trials are loaded only when they
 * are needed.
 */
import { describe, expect, it } from 'vitest';
import { endedOf, takingUp, trialsOf } from '../../../src/core/scheduling/index.ts';
import type { LabSnapshot, StoredStudy, StoredTrial } from '../../../src/core/scheduling/index.ts';
import { LabRecord } from '../../../src/core/simulation/lab-record.ts';
import { StudyWatch } from '../../../src/endpoints/projections/study-watch.ts';
import { id, LabDriver, NO_LIMITS, only, STUDY, writes } from '../../support/lab-driver.ts';

const HERE = 'local/cpu/0';

const unasked = (): never => {
  throw new Error('a finished study needs no estimate');
};

/**
 * A finished study of four trials, of which the third was the best, and the number of times that
 * its trials were loaded.
 */
function finishedStudy(): {
  lab: LabSnapshot;
  reads: () => number;
  fail: (error: Error | null) => void;
} {
  const record = new LabRecord();
  const before = new LabDriver();
  before.open(record.open().epoch);
  before.create({ trials: 4 });
  before.hello(HERE);
  for (const [number, value] of [0.5, 0.7, 0.1, 0.4].entries())
    before.result(id(number), { value });
  record.commit(only(before.said, 'persist').flatMap((persist) => persist.writes));
  let reads = 0;
  let failure: Error | null = null;
  const counted = (study: StoredStudy): StoredStudy => ({
    ...study,
    trials: {
      *[Symbol.iterator](): Generator<StoredTrial> {
        reads += 1;
        for (const trial of study.trials) {
          yield trial;
          if (failure !== null) throw failure;
        }
      },
    },
  });
  const { uid, studies } = record.snapshot();
  return {
    lab: { uid, studies: studies.map(counted) },
    reads: () => reads,
    fail: (error) => (failure = error),
  };
}

function opened({ lab }: { lab: LabSnapshot }): LabDriver {
  const driver = new LabDriver();
  driver.open(2, lab);
  return driver;
}

/** The same study with its trials loaded at once. */
function openedAtOnce({ lab: { uid, studies } }: { lab: LabSnapshot }): LabDriver {
  return opened({ lab: { uid, studies: studies.map((study) => ({ ...study, head: null })) } });
}

describe('Scheduler: studies that finished before an opening', () => {
  it('knows their state, counts and best without reading a trial', () => {
    const found = finishedStudy();
    const study = opened(found).study();
    const { state, best, frontier, dormant } = study;
    expect([state, best, frontier, trialsOf(study), endedOf(study)]).toEqual([
      'finished',
      { number: 2, value: 0.1 },
      4,
      4,
      4,
    ]);
    expect(dormant?.head.counts).toEqual({ complete: 4, pruned: 0, failed: 0, diverged: 0 });
    expect(found.reads()).toBe(0);
  });

  it('shows windows what counting all trials would show', () => {
    const found = finishedStudy();
    const shown = (driver: LabDriver): unknown => {
      const { counts, best, staircase, ended } = new StudyWatch(driver.study(), null, unasked);
      return { counts, best, staircase, ended };
    };
    const dormant = shown(opened(found));
    expect(found.reads()).toBe(0);
    expect(dormant).toEqual(shown(openedAtOnce(found)));
    expect(dormant).toMatchObject({ staircase: { trials: [0, 2] }, ended: 4 });
  });

  it('continues as if the trials had been read when the lab was opened', () => {
    const said = [opened(finishedStudy()), openedAtOnce(finishedStudy())].map((driver) => {
      driver.hello(HERE, { incarnation: '2.1' });
      driver.send({ type: 'studyEdited', study: STUDY, limits: { ...NO_LIMITS, trials: 6 } });
      driver.result(id(4), { value: 0.05 });
      driver.result(id(5), { value: 0.9 });
      const { state, best, columns, lastAttemptNumber } = driver.study();
      const trials = [0, 1, 2, 3, 4, 5].map((n) => [
        columns.value(n),
        columns.finishSeq(n),
        columns.params(n),
        lastAttemptNumber.get(n),
      ]);
      return { state, best, trials, said: driver.said };
    });
    expect(said[0]).toEqual(said[1]);
    expect(said[0]?.best).toEqual({ number: 4, value: 0.05 });
  });

  it('reads their trials once, in pieces or at once, for any number of callers', () => {
    const found = finishedStudy();
    const study = opened(found).study();
    const [one, other] = [takingUp(study), takingUp(study)];
    expect(one.next().done).toBe(false);
    expect(other.next().done).toBe(false);
    expect(study.columns.size).toBe(4);
    expect([one.next().done, other.next().done, study.dormant]).toEqual([true, true, null]);
    expect(found.reads()).toBe(1);
  });

  it('leaves the study unchanged where its trials cannot be read, and reads them again the next time', () => {
    const found = finishedStudy();
    const study = opened(found).study();
    found.fail(new Error('the file is damaged'));
    expect(() => Array.from(takingUp(study))).toThrow('the file is damaged');
    expect(trialsOf(study)).toBe(4);
    found.fail(null);
    Array.from(takingUp(study));
    expect([study.dormant, study.columns.ended]).toEqual([null, 4]);
  });

  it('refuses to cancel an ended trial without reading any', () => {
    const found = finishedStudy();
    const said = opened(found).send({ type: 'trialCancelled', study: STUDY, number: 1 });
    expect(only(said, 'showLab').map(({ change }) => change)).toMatchObject([
      { kind: 'commandRefused', detail: 'trial 1 has ended' },
    ]);
    expect(found.reads()).toBe(0);
  });

  it('answers a repeated result from before the restart as usual', () => {
    const said = [opened(finishedStudy()), openedAtOnce(finishedStudy())].map((driver) =>
      driver.result(id(1), { value: 0.7 }, { slot: 'far/cpu/0', incarnation: '1.1' }),
    );
    expect(said[0]).toEqual(said[1]);
  });

  it('reads the trials of studies that are not finished when the lab is opened', () => {
    const record = new LabRecord();
    const before = new LabDriver();
    before.open(record.open().epoch);
    before.create({ trials: 4 });
    before.hello(HERE);
    record.commit(only(before.said, 'persist').flatMap((persist) => persist.writes));
    const driver = new LabDriver();
    expect(writes(driver.open(2, record.snapshot()), 'attemptEnded')).toHaveLength(2);
    expect(driver.study().dormant).toBe(null);
  });
});
