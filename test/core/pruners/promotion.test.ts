import { describe, expect, it } from 'vitest';
import { createPruner } from '../../../src/core/pruners/create-pruner.ts';
import { at } from '../../../src/core/at.ts';
import type { PrunedTrials } from '../../../src/core/pruners/pruner.ts';
import { Reports } from '../../../src/core/study/reports.ts';

const pruner = (length = 9, eta = 3) =>
  createPruner({ name: 'asha-promotion', first: 1, eta }, { length, keeps: 'last', seed: 1 })!
    .promotion!;

/** Values of 13 trials at their rungs, after epochs 1, 3 and 9; smaller is better. */
const VALUES = [
  [0.9, 0.8, 0.75],
  [0.5, 0.45, 0.4],
  [0.7, 0.6, 0.5],
  [0.6, 0.3, 0.25],
  [0.4, 0.35, 0.3],
  [0.8, 0.7, 0.6],
  [0.3, 0.2, 0.1],
  [0.95, 0.9, 0.85],
  [0.55, 0.5, 0.45],
  [0.85, 0.8, 0.7],
  [0.65, 0.6, 0.55],
  [0.45, 0.4, 0.35],
  [0.75, 0.7, 0.65],
] as const;

/** One worker by algorithm 2: each job is `trial@epochs`. */
function trace(direction: 'minimize' | 'maximize' = 'minimize'): string[] {
  const reports = new Reports();
  const promotion = pruner();
  const paused = new Map<number, number>();
  const rungs = [1, 3, 9];
  let size = 0;
  const trials = (): PrunedTrials => ({
    direction,
    reports,
    ended: 0,
    completion: () => 0,
    state: () => null,
    value: () => NaN,
    open: Array.from({ length: size }, (_, number) => number),
  });
  const jobs: string[] = [];
  for (;;) {
    const promoted = promotion.promoted(trials(), (number) => paused.get(number) ?? null);
    if (promoted === null && size === VALUES.length) return jobs;
    const number = promoted ?? size++;
    const until = promotion.next(paused.get(number) ?? 0) ?? 9;
    paused.delete(number);
    jobs.push(`${number}@${until}`);
    const sign = direction === 'minimize' ? 1 : -1;
    reports.add(number, until - 1, sign * at(at(VALUES, number), rungs.indexOf(until)));
    if (until < 9) paused.set(number, until);
  }
}

describe('ASHA by promotion', () => {
  it('pauses at rungs first · ηᵏ below the length of a training', () => {
    const promotion = pruner(9);
    expect([0, 1, 3].map((epochs) => promotion.next(epochs))).toEqual([1, 3, null]);
    expect(pruner(10).next(3)).toBe(9);
  });

  it('gives the trace of algorithm 2', () => {
    // Worked by hand: after each third trial of a rung, the best not yet promoted one goes on.
    expect(trace()).toEqual([
      ...['0@1', '1@1', '2@1', '1@3', '3@1', '4@1', '4@3', '5@1', '6@1', '6@3', '6@9'],
      ...['7@1', '8@1', '9@1', '10@1', '11@1', '11@3', '12@1'],
    ]);
  });

  it('gives the same trace where larger values are better', () => {
    expect(trace('maximize')).toEqual(trace());
  });

  it('leaves out trials whose value at a rung is not finite', () => {
    const reports = new Reports();
    for (const [number, value] of [NaN, 1, 2].entries()) reports.add(number, 0, value);
    const trials = { direction: 'minimize', reports, ended: 0, open: [0, 1, 2] } as never;
    expect(pruner().promoted(trials, () => 1)).toBeNull();
    expect(pruner().leader(trials, () => 1)).toBe(1);
  });
});
