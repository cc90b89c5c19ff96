/** Tests reports: which sender may report, and the effect of a report. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Instruction, Report } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only, STUDY, writes } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';

let driver: LabDriver;
beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 3 });
  driver.hello(SLOT);
});

function report(
  report: Report,
  attempt = id(0),
  from: { slot?: string; incarnation?: string } = {},
): Instruction[] {
  return driver.send({ type: 'report', slot: SLOT, incarnation: '1.1', attempt, report, ...from });
}

describe('Scheduler: reports of a live attempt', () => {
  it('are written, then shown, and not answered', () => {
    const said = report({ step: 2, value: 0.5, metrics: { loss: 1 } });
    expect(said.map((instruction) => instruction.do)).toEqual(['persist', 'show']);
    expect(writes(said, 'reported')).toEqual([
      { op: 'reported', attempt: id(0), step: 2, value: 0.5 },
    ]);
    expect(only(said, 'show')).toMatchObject([
      {
        study: STUDY,
        change: {
          kind: 'trialReported',
          attempt: id(0),
          slot: SLOT,
          report: { step: 2, value: 0.5, metrics: { loss: 1 } },
        },
      },
    ]);
    expect(driver.trial(0).state).toBe('running');
  });

  it('keep their session alive', () => {
    driver.pass(driver.lab.options.leaseMs - 1);
    report({ step: 0, value: 1 });
    driver.pass(2);
    expect(driver.slot(SLOT).session).not.toBeNull();
  });
});

describe('Scheduler: reports in the columns of a study', () => {
  const reports = (number: number): unknown => driver.study().columns.reports.of(number);

  it('keeps each step once with its latest value, and what the result repeats', () => {
    report({ step: 2, value: 0.5 });
    report({ step: 2, value: 0.25 });
    expect(reports(0)).toEqual([{ step: 2, value: 0.25 }]);
    driver.result(id(0), { value: 0.1, reports: [{ step: 0, value: 3, metrics: { loss: 1 } }] });
    expect(reports(0)).toEqual([
      { step: 0, value: 3 },
      { step: 2, value: 0.25 },
    ]);
  });

  it('forgets the reports of an attempt whose trial returns to the queue', () => {
    report({ step: 0, value: 1 });
    driver.result(id(0), { outcome: 'crashed', error: 'x', reports: [{ step: 1, value: 2 }] });
    expect(reports(0)).toEqual([]);
  });

  it('keeps the reports of the attempt that fails the trial', () => {
    report({ step: 0, value: 1 });
    driver.result(id(0), { outcome: 'timedOut' });
    expect(reports(0)).toEqual([{ step: 0, value: 1 }]);
  });
});

describe('Scheduler: a pruned result', () => {
  it('ends the trial as pruned with the value that it states', () => {
    const said = driver.result(id(0), { outcome: 'pruned', value: 0.75 });
    expect(writes(said, 'attemptEnded')).toMatchObject([{ attempt: id(0), outcome: 'pruned' }]);
    const end = { number: 0, state: 'pruned', outcome: 'pruned', value: 0.75, finishSeq: 0 };
    expect(writes(said, 'trialEnded')).toMatchObject([end]);
    expect(only(said, 'sendAck')).toMatchObject([{ attempt: id(0) }]);
    expect(driver.study().best).toBeNull();
  });

  it('takes the value of the last report where it states none', () => {
    report({ step: 4, value: 0.5 });
    const said = driver.result(id(0), { outcome: 'pruned', reports: [{ step: 3, value: 9 }] });
    expect(writes(said, 'trialEnded')).toMatchObject([{ state: 'pruned', value: 0.5 }]);
  });

  it('has no value, and ranks worst, where nothing was reported', () => {
    const said = driver.result(id(0), { outcome: 'pruned' });
    expect(writes(said, 'trialEnded')).toMatchObject([{ state: 'pruned', value: NaN }]);
    expect(driver.study().columns.value(0)).toBe(Infinity);
  });

  it('is acknowledged again when it is repeated, and charged once', () => {
    driver.result(id(0), { outcome: 'pruned', value: 1 });
    const said = driver.result(id(0), { outcome: 'pruned', value: 1 });
    expect(only(said, 'sendAck')).toHaveLength(1);
    expect(driver.study().columns.ended).toBe(1);
    expect(driver.lab.refusals.count('duplicateResult', SLOT)).toBe(1);
  });

  it('is refused as malformed where its value is not finite', () => {
    const said = driver.result(id(0), { outcome: 'pruned', value: NaN });
    expect(only(said, 'sendRefused')).toMatchObject([{ reason: 'malformed' }]);
    expect(driver.trial(0).state).toBe('running');
  });
});

describe('Scheduler: refused reports', () => {
  it('of an attempt that has ended, or never existed', () => {
    driver.result(id(0));
    for (const attempt of [id(0), id(0, 2), id(77)])
      expect(writes(report({ step: 0, value: 1 }, attempt), 'reported')).toEqual([]);
    expect(driver.lab.refusals.count('staleLease', SLOT)).toBe(3);
  });

  it('of another worker', () => {
    expect(report({ step: 0, value: 1 }, id(0), { incarnation: '1.9' })).toEqual([]);
    expect(driver.lab.refusals.count('notYours')).toBe(1);
  });

  it('of a value that is not finite', () => {
    expect(report({ step: 0, value: NaN })).toEqual([]);
    expect(driver.lab.refusals.count('malformed', SLOT)).toBe(1);
  });
});

describe('Scheduler: executor of a study', () => {
  it('is the one that its first result names', () => {
    expect(driver.study().executor).toBeNull();
    driver.result(id(0), { executor: 'wasm' });
    driver.result(id(1), { executor: 'wasm-fma' });
    expect(driver.study().executor).toBe('wasm');
  });
});
