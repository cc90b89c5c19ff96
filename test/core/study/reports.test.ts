/** Compares the store of intermediate values with a slow reference. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reports } from '../../../src/core/study/reports.ts';

const TRIALS = 5;
const happening = fc.record({
  number: fc.nat({ max: TRIALS - 1 }),
  step: fc.oneof(fc.nat({ max: 40 }), fc.nat()),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  drop: fc.nat({ max: 24 }).map((n) => n === 0),
  /** Further steps that are added with it. */
  more: fc.oneof(
    { weight: 4, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.nat({ max: 40 }), { maxLength: 30 }),
  ),
});

describe('Study: reports', () => {
  it('tell what a map of steps tells, whatever the order of reports and drops', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 250, size: 'max' }), fc.nat(), (all, asked) => {
        const reports = new Reports();
        const model = Array.from({ length: TRIALS }, () => new Map<number, number>());
        for (const { number, step, value, drop, more } of all) {
          if (drop) reports.drop(number);
          else reports.add(number, step, value);
          if (drop) model[number]!.clear();
          else model[number]!.set(step, value === 0 ? 0 : value);
          reports.addAll(
            number,
            more.map((each) => ({ step: each, value: each / 3 })),
          );
          for (const each of more) model[number]!.set(each, each / 3);
        }
        for (const [number, values] of model.entries()) {
          const expected = [...values]
            .map(([step, value]) => ({ step, value }))
            .sort((a, b) => a.step - b.step);
          expect(reports.of(number)).toEqual(expected);
          expect(reports.count(number)).toBe(expected.length);
          expect(reports.last(number)).toEqual(expected.at(-1) ?? null);
          for (const step of [asked, asked % 41])
            expect(reports.latest(number, step)).toEqual(
              expected.findLast((report) => report.step <= step) ?? null,
            );
        }
      }),
    );
  });

  it('cost 17 bytes each where trials report often, and nothing where none does', () => {
    const reports = new Reports();
    expect(reports.bytes).toBe(0);
    const [trials, epochs] = [2 ** 15, 64];
    for (let number = 0; number < trials; number++)
      for (let epoch = 0; epoch < epochs; epoch++) reports.add(number, epoch, epoch / 2);
    expect(reports.bytes / (trials * epochs)).toBeLessThan(17);
  });

  it('take a hundred thousand reports that repeat known ones in one pass', () => {
    const reports = new Reports();
    const all = Array.from({ length: 100_000 }, (_, step) => ({ step, value: step }));
    for (const { step, value } of all) reports.add(0, step, value);
    reports.addAll(0, all);
    expect(reports.count(0)).toBe(all.length);
    expect(reports.latest(0, 50_000)).toEqual({ step: 50_000, value: 50_000 });
  });

  it('take the places of dropped reports before new ones', () => {
    const reports = new Reports();
    const fill = (): void => {
      for (let number = 0; number < 100; number++)
        for (let step = 0; step < 30; step++) reports.add(number, step, step);
    };
    fill();
    const { bytes } = reports;
    for (let again = 0; again < 20; again++) {
      for (let number = 0; number < 100; number++) reports.drop(number);
      fill();
    }
    expect(reports.bytes).toBe(bytes);
  });

  it('refuse a place that no report has', () => {
    const reports = new Reports();
    reports.add(0, 4, 1);
    expect(() => reports.at(0, 1)).toThrow('report 1 of trial 0, which has 1');
    expect(() => reports.at(1, 0)).toThrow(RangeError);
  });
});
