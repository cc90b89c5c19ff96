/**
 * Tests the value axis of every chart with many failures and with exact values. `scales.test.ts`
 * tests the scale itself.
 */
import { describe, expect, it } from 'vitest';
import { valueTicks } from '../../../src/renderer/charts/scales.ts';
import type { ValueScale } from '../../../src/renderer/charts/scales.ts';
import { stairs } from '../../../src/renderer/frame/stairs.ts';
import { curvesSvg } from '../../../src/renderer/report/curves-svg.ts';
import { Population } from '../../../src/renderer/state/population.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { compareStudies } from '../../../src/renderer/views/compare/stairs.ts';
import { lowestUnit, provisionalScale } from '../../../src/renderer/views/curves/curve-axis.ts';
import type { Line } from '../../../src/renderer/views/curves/finished-curves.ts';
import { simulatedTable } from '../../support/simulated-table.ts';
import { testPalette } from '../../support/test-palette.ts';
import { trialBlock } from '../../support/trial-block.ts';
import { studyHead, studyRow } from '../../support/window-examples.ts';

const CHANCE = 0.125;
/** Accuracies of the trials that learned, rising. */
const good = Array.from({ length: 12 }, (_, i) => 0.95 + 0.0025 * i);
/** Four of ten trials learn nothing, all at the start of the study. */
const failures = [0.098, 0.112, ...Array.from({ length: 6 }, (_, i) => 0.09 + 0.001 * i)];
const mixed = [...failures, ...good];

function population(values: readonly number[], chance: number | null = CHANCE): Population {
  const table = new TrialTable(4);
  table.merge(
    trialBlock(
      values.map((value, number) => ({ number, value, finish: number, historyLength: number })),
      4,
    ),
  );
  const made = new Population(table);
  made.update({ ...simulatedTable('evolution', 0).head, chance }, false, 1e6);
  return made;
}

function risingCurve(trial: number, last: number): Line {
  const values = [0.8, 0.9, 0.95, 1].map((share) => share * last);
  return { trial, steps: [0, 1, 2, 3], values, length: 4 };
}

const bests = (values: readonly number[]) =>
  values.filter((value, i) => values.slice(0, i).every((before) => before < value));
const staircase = (values: readonly number[]) => {
  const steps = bests(values);
  return {
    ended: steps.map((_, i) => i + 1),
    trials: steps.map((_, i) => i),
    values: steps,
    activeMs: steps.map((_, i) => i),
  };
};

/** The scale that each chart makes from the final values of trials. */
const charts: Readonly<Record<string, (values: readonly number[]) => ValueScale | null>> = {
  'Evolution, Space, Curves, colours and time lines': (values) => population(values).scale,
  'Curves before a trial has ended': (values) =>
    provisionalScale(
      studyHead({ chance: CHANCE }),
      values.map((value, trial) => ({ trial, steps: [0], values: [value], length: 1 })),
    ),
  Compare: (values) =>
    compareStudies(
      [
        studyRow({ staircase: staircase(values) }),
        studyRow({ key: 'b', staircase: staircase(values.slice(1)) }),
      ],
      'trials',
    ).scale,
};

describe.each(Object.entries(charts))('Value axis of %s', (_, scaleOf) => {
  it('gives at least two fifths of its height to the trials that learned when 40 % of the trials failed', () => {
    const scale = scaleOf(mixed);
    if (scale === null) throw new Error('no scale');
    expect(
      scale.unit(Math.max(...good)) - Math.max(0, scale.unit(Math.min(...good))),
    ).toBeGreaterThanOrEqual(0.4);
    expect(scale.unit(Math.max(...failures))).toBeLessThan(0);
  });

  it.each([
    ['one value of exactly 1', [...mixed, 1], /^100$/],
    ['only values of exactly 1', [1, 1, 1], /^100$/],
    ['only values of exactly 0', [0, 0, 0], /^0(\.0)?$/],
  ])('labels %s with short and distinct numbers', (__, values, exact) => {
    const scale = scaleOf(values);
    if (scale === null) throw new Error('no scale');
    const labels = valueTicks(scale, 0.12, -0.02, 1.02).map(({ label }) => label);
    expect(labels).toContainEqual(expect.stringMatching(exact));
    expect(new Set(labels).size).toBe(labels.length);
    for (const label of labels) expect(label).toMatch(/^−?\d{1,3}(\.\d{1,2})?$/);
  });
});

describe('Value axis of Curves: its foot', () => {
  it('excludes curves of failed trials, whatever their level', () => {
    for (const level of [0.1, 0.3]) {
      const values = [...failures.map(() => level), ...good];
      const shown = population(values);
      const { scale } = shown;
      if (scale === null) throw new Error('no scale');
      const lines = values.map((value, trial) => risingCurve(trial, value));
      const alone = population(good);
      const without = lowestUnit(
        alone,
        scale,
        good.map((value, trial) => risingCurve(trial, value)),
        null,
      );
      expect(lowestUnit(shown, scale, lines, null)).toBe(without);
    }
  });

  it('shows the curve of the best from early on, also far below the final values', () => {
    const shown = population([0.87, 0.88, 0.89]);
    const { scale } = shown;
    if (scale === null) throw new Error('no scale');
    const values = [-1e6, 0.6, 0.7, 0.89];
    const best: Line = { trial: 2, steps: [0, 1, 2, 3], values, length: 4 };
    const foot = lowestUnit(shown, scale, [best], null);
    expect(scale.unit(0.7)).toBeGreaterThanOrEqual(foot);
    expect(scale.unit(-1e6)).toBeLessThan(foot);
    // The final values keep a tenth of the height.
    expect(foot).toBeGreaterThanOrEqual(-9);
  });

  it('is 0 when every curve begins on the scale', () => {
    const shown = population(good);
    if (shown.scale === null) throw new Error('no scale');
    const flat = good.map((value, trial): Line => ({
      trial,
      steps: [0, 1],
      values: [value, value],
      length: 2,
    }));
    expect(lowestUnit(shown, shown.scale, flat, null)).toBe(0);
  });
});

describe('Value axis of the curves in the HTML report', () => {
  const svgOf = (values: readonly number[]): string =>
    curvesSvg(
      studyHead({ chance: CHANCE }),
      values.map((value) => {
        const { steps, values: reported } = risingCurve(0, value);
        return { steps: Array.from(steps), values: Array.from(reported) };
      }),
      () => testPalette,
    ) ?? '';
  /** Labels of the value axis, which are left of it. */
  const labelsOf = (svg: string): string[] =>
    [...svg.matchAll(/<text [^>]*text-anchor="end"[^>]*>([^<]*)<\/text>/g)].map(
      ([, label = '']) => label,
    );
  /** y of the last points of the curves, in px from the top. */
  const endsOf = (svg: string): number[] =>
    [...svg.matchAll(/<path d="M[^"]*L[\d.]+[ ,]([\d.]+)" [^>]*stroke-width="(?:2.5|1.25)"/g)].map(
      ([, y]) => Number(y),
    );

  it('separates curves that learned when 40 % of the trials failed', () => {
    const ends = endsOf(svgOf(mixed)).sort((a, b) => a - b);
    expect(ends).toHaveLength(mixed.length);
    const learned = ends.slice(0, good.length);
    expect((learned.at(-1) ?? 0) - (learned[0] ?? 0)).toBeGreaterThan(320 * 0.1);
    expect(new Set(learned).size).toBe(good.length);
  });

  it.each([
    ['a best of exactly 1', [...good, 1], /^100$/],
    ['only curves that end at exactly 1', [1, 1, 1], /^100$/],
  ])('labels %s with short and distinct numbers', (_, values, exact) => {
    const labels = labelsOf(svgOf(values));
    expect(labels).toContainEqual(expect.stringMatching(exact));
    expect(new Set(labels).size).toBe(labels.length);
    for (const label of labels) expect(label).toMatch(/^−?\d{1,3}(\.\d{1,2})?$/);
  });

  it('draws nothing when no curve has two points', () => {
    const single = { steps: [0], values: [0.5] };
    expect(curvesSvg(studyHead({}), [single])).toBeNull();
  });
});

describe('Value axis of a small staircase', () => {
  it('shows the steps of trials that learned in a study that began with failures', () => {
    const rows = [
      ...stairs(staircase([...failures, 0.95, 0.96, 0.97, 0.98]), 'maximize', 12, 48, 14).matchAll(
        /[V ](\d+\.\d)/g,
      ),
    ];
    const heights = rows.map(([, height]) => Number(height));
    expect(heights.at(-1)).toBe(1);
    expect(heights.at(-3)).toBeGreaterThan(4);
  });
});
