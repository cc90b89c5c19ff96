/** The rules of the pruners of our own, and what holds of all. */
import { describe, expect, it } from 'vitest';
import { asha } from '../../../src/core/pruners/asha.ts';
import { choosePruner } from '../../../src/core/pruners/choose-pruner.ts';
import { checkPruner, createPruner, pruners } from '../../../src/core/pruners/create-pruner.ts';
import { Gains } from '../../../src/core/pruners/gains.ts';
import type { Reporting } from '../../../src/core/pruners/pruner.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { Trials } from './trials.ts';

const TEN: Reporting = { length: 10, keeps: 'last' };

function created(name: string, reporting = TEN, settings: Record<string, number> = {}) {
  const pruner = createPruner({ name, ...settings }, { ...reporting, seed: 7 });
  if (pruner === null) throw new Error(`${name} is no pruner`);
  return pruner;
}

/** Four trials that fall by 0.9, 0.6, 0.3 and 0.3 from the second report on, to 0.1 at best. */
function finishedFour(): Trials {
  const trials = new Trials();
  for (const [start, end] of [
    [1, 0.1],
    [0.8, 0.2],
    [0.8, 0.5],
    [0.7, 0.4],
  ] as const)
    trials.complete(2, ...Array.from({ length: 8 }, () => start), end);
  return trials;
}

describe('Pruners: hopeless', () => {
  it('grants a trial the gain of the luckiest tenth of the finished ones', () => {
    const pruner = created('hopeless');
    // Gains −0.9, −0.6, −0.3, −0.3: their 10 % quantile is −0.81; the best is 0.1.
    expect(finishedFour().stopOf(pruner, 1.9, 0.9)).toBeNull();
    expect(finishedFour().stopOf(created('hopeless'), 1.9, 0.92)).toBe(1);
  });

  it('stops none before four trials have finished, nor in the first tenth', () => {
    const trials = new Trials();
    for (let i = 0; i < 3; i++) trials.complete(...Array.from({ length: 10 }, () => 0));
    expect(trials.stopOf(created('hopeless'), 9, 9, 9)).toBeNull();
    trials.complete(...Array.from({ length: 10 }, () => 0));
    const late = created('hopeless', TEN, { warmup: 0.3 });
    expect(trials.stopOf(late, 9, 9, 9, 9)).toBe(2);
  });

  it('stops no trial at its last report', () => {
    const trials = new Trials();
    for (let i = 0; i < 4; i++) trials.complete(...Array.from({ length: 10 }, () => 0));
    const number = trials.start();
    trials.report(number, 9, 5);
    expect(created('hopeless').stops(trials, number)).toBe(false);
  });

  it('lets ties go on', () => {
    const trials = new Trials();
    for (let i = 0; i < 4; i++) trials.complete(...Array.from({ length: 10 }, () => 0.5));
    const flat = Array.from({ length: 9 }, () => 0.5);
    expect(trials.stopOf(created('hopeless'), ...flat)).toBeNull();
    expect(trials.stopOf(created('hopeless'), 0.5000001)).toBe(0);
  });

  it('compares the best report so far where a trial keeps its best', () => {
    const trials = new Trials('maximize');
    for (let i = 0; i < 4; i++) trials.complete(...Array.from({ length: 10 }, () => 0.5));
    // After a good report, a bad one does not lower what the trial would be worth.
    const best = created('hopeless', { length: 10, keeps: 'best' });
    expect(trials.stopOf(best, 0.6, 0.1, 0.1)).toBeNull();
    expect(trials.stopOf(created('hopeless'), 0.6, 0.1, 0.1)).toBe(1);
  });

  it('expects of a stopped trial its value and the median of the later gains', () => {
    const trials = finishedFour();
    const number = trials.start();
    trials.report(number, 0, 3);
    trials.report(number, 1, 0.92);
    // The median of −0.9, −0.6, −0.3, −0.3.
    expect(new Gains(TEN).expected(trials, number)).toBeCloseTo(0.92 - 0.45, 12);
  });

  it('expects the last value while no trial has finished, and nothing without a report', () => {
    const trials = new Trials();
    const number = trials.start();
    expect(new Gains(TEN).expected(trials, number)).toBeNull();
    trials.report(number, 0, 3);
    expect(new Gains(TEN).expected(trials, number)).toBe(3);
  });
});

describe('Pruners: ASHA', () => {
  it('follows the golden trace: rungs 1, 3, 9 of 27 epochs, a third goes on', () => {
    const trace = [
      [1, 0.9, true],
      [1, 0.5, true],
      [1, 0.7, false],
      [1, 0.4, true],
      [1, 0.6, false],
      [3, 0.3, true],
      [3, 0.35, true],
      [3, 0.2, true],
      [1, 0.1, true],
      [3, 0.25, false],
      [9, 0.2, true],
    ] as const;
    const trials = new Trials();
    const pruner = asha({ first: 1, eta: 3 }, 27);
    for (const [epochs, value, goesOn] of trace) {
      const number = trials.start();
      trials.report(number, epochs - 1, value);
      expect(!pruner.stops(trials, number), `${value} after ${epochs}`).toBe(goesOn);
    }
    const between = 0;
    trials.report(between, 1, 9);
    expect(pruner.stops(trials, between), 'between rungs').toBe(false);
  });

  it('counts a report that skips a rung at the highest rung below it, once', () => {
    const trials = new Trials();
    const pruner = asha({ first: 1, eta: 2 }, 16);
    for (const value of [1, 2, 3]) trials.report(trials.start(), 4, value);
    const number = trials.start();
    trials.report(number, 4, 4);
    expect(pruner.stops(trials, number)).toBe(true);
    trials.report(number, 5, 9);
    expect(pruner.stops(trials, number)).toBe(false);
  });

  it('decides the same after a restart, from reports restored in any order', () => {
    const stream = new Stream(3, { purpose: PURPOSE.simulation, trial: 1, ordinal: 0 });
    const live = new Trials();
    const pruner = asha({ first: 1, eta: 3 }, 27);
    const running: number[] = [];
    for (let i = 0; i < 400; i++) {
      if (running.length < 4) running.push(live.start());
      const at = stream.below(running.length);
      const number = running[at] ?? 0;
      const step = (live.reports.last(number)?.step ?? -1) + 1;
      live.report(number, step, stream.uniform());
      const stops = pruner.stops(live, number);
      expect(asha({ first: 1, eta: 3 }, 27).stops(live, number)).toBe(stops);
      if (stops || step === 26) {
        live.end(number, stops ? 'pruned' : 'complete');
        running.splice(at, 1);
      }
    }
  });
});

describe('Pruners: patient', () => {
  it('stops a trial that has become worse by more than delta, and by default any that has', () => {
    const stopsAt = (delta: number, last: number): boolean => {
      const trials = new Trials();
      const number = trials.start();
      for (const [step, value] of [3, 2, last, last].entries()) trials.report(number, step, value);
      const { settings } = pruners.find(({ name }) => name === 'patient')!;
      expect(settings['delta']?.meaning).toContain('how much worse than its earlier best');
      return created('patient', TEN, { patience: 1, delta }).stops(trials, number);
    };
    expect([stopsAt(0, 1.9), stopsAt(0, 2.1)]).toEqual([false, true]);
    expect([stopsAt(0.5, 2.4), stopsAt(0.5, 2.6)]).toEqual([false, true]);
  });
});

describe('Pruners: table and checks', () => {
  it('creates every pruner of the table with its defaults', () => {
    for (const { name } of pruners)
      if (name !== 'auto')
        expect(createPruner({ name }, { length: 30, keeps: 'best', seed: 1 })?.name ?? 'none').toBe(
          name,
        );
  });

  it('names unknown pruners and settings, and the nearest known ones', () => {
    expect(checkPruner({ name: 'medain' }, TEN)).toMatchObject([
      { code: 'unknown-pruner', path: 'pruner.name', hint: 'did you mean median?' },
    ]);
    expect(checkPruner({ name: 'asha', etta: 3 }, TEN)).toMatchObject([
      { code: 'unknown-setting', path: 'pruner.etta', hint: 'did you mean eta?' },
    ]);
    expect(checkPruner({ name: 'asha', eta: 1 }, TEN)).toMatchObject([
      { code: 'illegal-setting', expected: 'an integer from 2 to 100', found: '1' },
    ]);
  });

  it('refuses a pruner on an objective that never reports, but none and auto', () => {
    expect(checkPruner({ name: 'median' }, null)).toMatchObject([{ code: 'never-reports' }]);
    expect(checkPruner({ name: 'none' }, null)).toEqual([]);
    expect(checkPruner({ name: 'auto' }, null)).toEqual([]);
  });

  it('refuses rungs and waits beyond the epochs of a training', () => {
    expect(checkPruner({ name: 'asha', first: 10 }, TEN)).toMatchObject([
      { code: 'beyond-training', path: 'pruner.first', found: '10' },
    ]);
    expect(checkPruner({ name: 'patient', patience: 12 }, TEN)).toMatchObject([
      { code: 'beyond-training', path: 'pruner.patience' },
    ]);
    expect(checkPruner({ name: 'asha', first: 9 }, TEN)).toEqual([]);
  });

  it('refuses rungs where the search decides the number of epochs', () => {
    const searched: Reporting = { length: null, keeps: 'last' };
    expect(checkPruner({ name: 'hyperband' }, searched)).toMatchObject([
      { code: 'unknown-length' },
    ]);
    expect(checkPruner({ name: 'median' }, searched)).toEqual([]);
  });
});

describe('Pruners: automatic choice', () => {
  const usual = { reporting: TEN, trials: 64, workers: 4, sampler: { barrier: null } };

  it('stops hopeless trials where they report ten times and the budget suffices', () => {
    expect(choosePruner({ name: 'auto' }, usual)).toEqual({
      pruner: { name: 'hopeless' },
      reason: 'automatic: 10 reports a trial, 64 trials, 4 workers',
    });
  });

  it('stops none otherwise, and gives the reason', () => {
    const none = (change: object) => choosePruner({ name: 'auto' }, { ...usual, ...change });
    expect(none({ reporting: { ...TEN, length: 9 } })).toEqual({
      pruner: { name: 'none' },
      reason: 'automatic: trials report fewer than 10 times',
    });
    expect(none({ trials: 15 }).reason).toBe(
      'automatic: 15 trials are fewer than 4 for each of 4 workers',
    );
    for (const change of [{ reporting: null }, { sampler: { barrier: () => 0 } }])
      expect(none(change).pruner).toEqual({ name: 'none' });
  });

  it('keeps a pruner that the study names', () => {
    const { pruner } = choosePruner({ name: 'asha', eta: 4 }, { ...usual, trials: 3 });
    expect(pruner).toEqual({ name: 'asha', eta: 4 });
  });
});
