/** Tests the labels of Space: beside lines and marks, never over them. */
import { describe, expect, it } from 'vitest';
import { GridIndex } from '../../../src/renderer/charts/grid-index.ts';
import type { TextStyle } from '../../../src/renderer/charts/pen.ts';
import { SvgPen } from '../../../src/renderer/charts/svg-pen.ts';
import { Population } from '../../../src/renderer/state/population.ts';
import {
  drawParallel,
  gutterOf,
  nearestLine,
  xOf,
  yOf,
} from '../../../src/renderer/views/space/parallel.ts';
import type { ParallelPicture } from '../../../src/renderer/views/space/parallel.ts';
import { drawScatter, drawScatterLit, spotOf } from '../../../src/renderer/views/space/scatter.ts';
import type { ScatterPicture } from '../../../src/renderer/views/space/scatter.ts';
import { VALUE, bestOf, unitOf } from '../../../src/renderer/views/space/trials.ts';
import { simulatedTable } from '../../support/simulated-table.ts';
import { testPalette } from '../../support/test-palette.ts';

function population(): Population {
  const { table, head } = simulatedTable('evolution', 80);
  const made = new Population(table);
  made.update(head, false, 1e6);
  return made;
}

function parallel(width: number): ParallelPicture {
  const trials = population();
  const columns = [
    ...trials.axes.map((axis) => ({ name: axis.name, axis })),
    { name: VALUE, axis: null },
  ];
  const lines = bestOf(trials, 2000);
  const rest = { lines, haze: [], brush: new Map<string, never>(), passes: () => true };
  return { population: trials, palette: testPalette, columns, width, height: 500, ...rest };
}

/** Records positions of texts and the horizontal extents of lines. */
class Recorded extends SvgPen {
  readonly texts: { text: string; x: number; y: number }[] = [];
  readonly segments: { from: number; to: number }[] = [];
  #at = 0;

  override moveTo(x: number, y: number): void {
    this.#at = x;
    super.moveTo(x, y);
  }

  override lineTo(x: number, y: number): void {
    if (Math.abs(x - this.#at) > 10) this.segments.push({ from: this.#at, to: x });
    this.#at = x;
    super.lineTo(x, y);
  }

  override text(x: number, y: number, text: string, style: TextStyle): void {
    this.texts.push({ text, x, y });
    super.text(x, y, text, style);
  }
}

describe('Space: labels of parallel axes', () => {
  it('places labels in a strip beside each axis that no line crosses', () => {
    const picture = parallel(900);
    const gutter = gutterOf(picture);
    const pen = new Recorded('test');
    drawParallel(pen, picture);
    expect(gutter).toBeGreaterThan(20);
    for (const place of picture.columns.keys()) {
      const x = xOf(place, picture.columns.length, picture.width);
      const last = place === picture.columns.length - 1;
      const crossing = pen.segments.filter(
        ({ from, to }) => from < x + gutter - 0.01 && to > x + 0.01,
      );
      expect(last ? [] : crossing).toEqual([]);
    }
  });

  it('keeps lines connected where the axes are too close together for labels', () => {
    expect(gutterOf(parallel(300))).toBe(0);
  });

  it('finds the line under the pointer between the strip and the next axis', () => {
    const picture = parallel(900);
    const [best] = picture.lines;
    const gutter = gutterOf(picture);
    const [x, y] = picture.columns.map(({ axis }, place) => {
      return [
        xOf(place, picture.columns.length, 900),
        yOf(unitOf(picture.population, axis, best!), 500),
      ] as const;
    });
    const middle = (x![0] + gutter + y![0]) / 2;
    expect(nearestLine(picture, middle, (x![1] + y![1]) / 2, 0.5)).toBe(best);
  });
});

describe('Space: number of the selected trial in a scatter chart', () => {
  it('covers no other mark, and is omitted when every position is taken', () => {
    const trials = population();
    const [x, y] = trials.axes;
    const size = { depth: null, width: 600, height: 400 };
    const picture: ScatterPicture = {
      population: trials,
      palette: testPalette,
      x: x!,
      y: y!,
      ...size,
      passes: () => true,
    };
    const index = new GridIndex(16);
    drawScatter(new SvgPen('base'), picture, index);
    const numbers = bestOf(trials, 100);
    let shown = 0;
    for (const selected of numbers) {
      const pen = new Recorded('lit');
      drawScatterLit(pen, picture, index, selected, null);
      shown += pen.texts.length;
      for (const label of pen.texts) {
        const half = (label.text.length * 5.5) / 2;
        for (const other of numbers) {
          const spot = spotOf(picture, other);
          const covers =
            Math.abs(spot.x - label.x) < half + 3 && spot.y > label.y - 11 && spot.y < label.y + 3;
          expect(covers, `${label.text} over ${other}`).toBe(false);
        }
      }
    }
    expect(shown).toBeGreaterThan(numbers.length / 3);
  });
});
