/** Tests labels at the ends of learning curves. */
import { describe, expect, it } from 'vitest';
import type { TextStyle } from '../../../src/renderer/charts/pen.ts';
import { SvgPen } from '../../../src/renderer/charts/svg-pen.ts';
import { Population } from '../../../src/renderer/state/population.ts';
import { drawCurves, xOf, yOf } from '../../../src/renderer/views/curves/draw-curves.ts';
import type { CurvesPicture } from '../../../src/renderer/views/curves/draw-curves.ts';
import type { Line } from '../../../src/renderer/views/curves/finished-curves.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { simulatedTable } from '../../support/simulated-table.ts';
import { testPalette } from '../../support/test-palette.ts';
import { trialBlock } from '../../support/trial-block.ts';

class Recorded extends SvgPen {
  readonly texts: { text: string; x: number; y: number; weight: number | undefined }[] = [];

  override text(x: number, y: number, text: string, style: TextStyle): void {
    this.texts.push({ text, x, y, weight: style.weight });
    super.text(x, y, text, style);
  }
}

/** A study with a finished trial 0 and others, with the given curves. */
function pictureOf(
  curves: readonly (readonly number[])[],
  state: 'running' | 'pruned' = 'running',
): CurvesPicture {
  const table = new TrialTable(4);
  table.merge(
    trialBlock(
      curves.map((_, number) =>
        number === 0
          ? { number, value: 0.97, finish: 0, historyLength: 0 }
          : { number, state, historyLength: 0 },
      ),
      4,
    ),
  );
  const population = new Population(table);
  population.update(simulatedTable('evolution', 0).head, false, 1e6);
  if (population.scale === null) throw new Error('no scale');
  return {
    population,
    palette: testPalette,
    width: 600,
    height: 400,
    lines: curves.map((values, trial): Line => ({
      trial,
      steps: values.map((_, step) => step),
      values,
      length: values.length,
    })),
    deciles: null,
    scale: population.scale,
    lowest: population.scale.unit(0.5),
    span: { low: 0, high: 9 },
    at: (_, step) => step,
    inSeconds: false,
  };
}

/** Boxes of the trials' labels, in px. */
function labelsOf(picture: CurvesPicture) {
  const pen = new Recorded('test');
  drawCurves(pen, picture, null, null);
  return pen.texts
    .filter(({ weight }) => weight === 600)
    .map(({ text, x, y }) => ({
      text,
      left: x,
      right: x + text.length * 6,
      top: y - 9,
      bottom: y,
    }));
}

describe('Curves: ends of curves', () => {
  const colour = '#00ff01';

  class Strokes extends SvgPen {
    readonly starts: (readonly [number, number])[] = [];
    readonly marks: (readonly [x: number, y: number])[] = [];

    override moveTo(x: number, y: number): void {
      this.starts.push([x, y]);
      super.moveTo(x, y);
    }

    /** ⊤ is stroked in the colour of pruned trials, from its left end. */
    override stroke(...args: Parameters<SvgPen['stroke']>): void {
      const [left] = this.starts.slice(-2);
      if (args[0] === colour && left !== undefined) this.marks.push([left[0] + 4, left[1] + 3]);
      super.stroke(...args);
    }
  }

  it.each(['pruned', 'running'] as const)('mark where a trial was cut off: %s', (state) => {
    const curves = [
      [0.9, 0.95, 0.96, 0.97],
      [0.6, 0.7],
    ];
    const picture = { ...pictureOf(curves, state), palette: { ...testPalette, pruned: colour } };
    const pen = new Strokes('test');
    drawCurves(pen, picture, null, null);
    const end = [xOf(picture, 1), yOf(picture, 0.7)];
    expect(pen.marks).toEqual(state === 'pruned' ? [end] : []);
  });
});

describe('Curves: numbers at the ends of running curves', () => {
  it('places a number beside a running curve that passes the end of another', () => {
    // The curve of trial 1 ends where the longer one of trial 2 passes close by.
    const picture = pictureOf([
      [0.9, 0.95, 0.96, 0.97],
      [0.6, 0.7, 0.75],
      [0.62, 0.71, 0.752, 0.753, 0.754, 0.755],
    ]);
    const labels = labelsOf(picture);
    expect(labels.map(({ text }) => text)).toEqual(expect.arrayContaining(['1', '2']));
    for (const { text, left, right, top, bottom } of labels) {
      for (const { trial, values, length } of picture.lines) {
        for (let i = 1; i < length; i++) {
          for (let share = 0; share <= 1; share += 0.02) {
            const value = (values[i - 1] ?? 0) + share * ((values[i] ?? 0) - (values[i - 1] ?? 0));
            const [x, y] = [xOf(picture, i - 1 + share), yOf(picture, value)];
            const covered = x > left && x < right && y > top && y < bottom;
            expect(covered, `${text} over the curve of trial ${trial}`).toBe(false);
          }
        }
      }
    }
  });

  it('covers no other number, and omits numbers without a free position', () => {
    const picture = pictureOf([
      [0.9, 0.95, 0.97],
      ...Array.from({ length: 12 }, (_, i) => [0.7, 0.8 + 0.0002 * i]),
    ]);
    const labels = labelsOf(picture);
    expect(labels.length).toBeGreaterThan(1);
    for (const [i, one] of labels.entries()) {
      for (const other of labels.slice(i + 1)) {
        const covered =
          one.left < other.right &&
          other.left < one.right &&
          one.top < other.bottom &&
          other.top < one.bottom;
        expect(covered, `${one.text} over ${other.text}`).toBe(false);
      }
    }
  });
});
