/** Tests the axes of Space and their labels, and labels that cover no mark. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../src/core/at.ts';
import { GridIndex } from '../../../src/renderer/charts/grid-index.ts';
import type { TextStyle } from '../../../src/renderer/charts/pen.ts';
import { SvgPen } from '../../../src/renderer/charts/svg-pen.ts';
import { Population } from '../../../src/renderer/state/population.ts';
import {
  TOP,
  drawParallel,
  namePlaces,
  nearestLine,
  xOf,
  yOf,
} from '../../../src/renderer/views/space/parallel.ts';
import type { ParallelPicture } from '../../../src/renderer/views/space/parallel.ts';
import { drawScatter, drawScatterLit, spotOf } from '../../../src/renderer/views/space/scatter.ts';
import type { ScatterPicture } from '../../../src/renderer/views/space/scatter.ts';
import { VALUE, bestOf, unitOf } from '../../../src/renderer/views/space/trials.ts';
import { chartText } from '../../../src/renderer/text-of-charts.ts';
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

/** Records positions of texts and plates, and the lines of axes and trials. */
class Recorded extends SvgPen {
  readonly texts: { text: string; x: number; y: number; size: number }[] = [];
  readonly plates: { left: number; right: number; top: number; bottom: number }[] = [];
  readonly segments: { from: number; to: number }[] = [];
  /** Lines that are as long as an axis. */
  readonly verticals: number[] = [];
  #at = 0;
  #height = 0;

  override moveTo(x: number, y: number): void {
    [this.#at, this.#height] = [x, y];
    super.moveTo(x, y);
  }

  override lineTo(x: number, y: number): void {
    if (Math.abs(x - this.#at) > 10) this.segments.push({ from: this.#at, to: x });
    if (x === this.#at && Math.abs(y - this.#height) > 300) this.verticals.push(x);
    [this.#at, this.#height] = [x, y];
    super.lineTo(x, y);
  }

  override rect(x: number, y: number, width: number, height: number): void {
    this.plates.push({ left: x, right: x + width, top: y, bottom: y + height });
    super.rect(x, y, width, height);
  }

  override text(x: number, y: number, text: string, style: TextStyle): void {
    this.texts.push({ text, x, y, size: style.size });
    super.text(x, y, text, style);
  }
}

describe('Space: parallel axes', () => {
  it.each([300, 900, 1600])(
    'draws each axis as one line that every trial reaches, at %i px',
    (width) => {
      const picture = parallel(width);
      const pen = new Recorded('test');
      drawParallel(pen, picture);
      const places = [...picture.columns.keys()].map((place) =>
        xOf(place, picture.columns.length, width),
      );
      expect(pen.verticals).toEqual(places);
      // Lines of trials connect the axes without a gap beside any of them.
      const ends = new Set(pen.segments.flatMap(({ from, to }) => [from, to]));
      expect([...ends].sort((one, other) => one - other)).toEqual(places);
    },
  );

  it.each([300, 900])('draws labels on a plate of the background, at %i px', (width) => {
    const pen = new Recorded('test');
    const picture = parallel(width);
    drawParallel(pen, picture);
    const labels = pen.texts.filter(({ text }) => /^[\d.,−e]+$|^\w+$/.test(text));
    expect(labels.length).toBeGreaterThan(picture.columns.length);
    for (const { x, y, text } of labels.filter(({ size }) => size === 11)) {
      const plate = pen.plates.find(
        (each) => each.left < x && each.right > x && each.top < y && each.bottom > y,
      );
      if (text === chartText.space.notUsed || text === chartText.space.atChance) continue;
      expect(plate?.right, text).toBeGreaterThanOrEqual(x + text.length * 5.5);
    }
  });

  it('finds the line under the pointer anywhere between two axes', () => {
    const picture = parallel(900);
    const [best] = picture.lines;
    const [x, y] = picture.columns.map(({ axis }, place) => {
      return [
        xOf(place, picture.columns.length, 900),
        yOf(unitOf(picture.population, axis, best!), 500),
      ] as const;
    });
    for (const share of [0.05, 0.5, 0.95]) {
      const between = (from: number, to: number): number => from + share * (to - from);
      const point = [between(x![0], y![0]), between(x![1], y![1])] as const;
      expect(nearestLine(picture, ...point, 0.5)).toBe(best);
    }
  });
});

describe('Space: names of parallel axes', () => {
  /** Widths of names in a wide font with their padding. */
  const widths: Readonly<Record<string, number>> = {
    learningRate: 88,
    momentum: 78,
    weightDecay: 87,
    dropout: 55,
    batch: 42,
    value: 41,
  };
  const names = Object.keys(widths);
  const needed = (name: string): number => widths[name] ?? NaN;

  it.each([500, 549, 1100])('gives each name the space that it needs, at %i px', (width) => {
    const places = namePlaces(names, width);
    for (const [i, place] of places.entries())
      expect(place.width, names[i]).toBeGreaterThanOrEqual(needed(at(names, i)));
  });

  it.each([300, 500, 549, 1100])('lets no name overlap another or the edge, at %i px', (width) => {
    const boxes = namePlaces(names, width).map((place, i) => {
      const half = Math.min(place.width, needed(at(names, i))) / 2;
      return { top: place.top, left: place.x - half, right: place.x + half };
    });
    for (const [i, box] of boxes.entries()) {
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(width);
      expect(box.top).toBeLessThan(TOP - 20);
      for (const other of boxes.slice(i + 1))
        if (other.top === box.top) expect(other.left).toBeGreaterThanOrEqual(box.right);
    }
  });

  it('uses one row where all names fit, and centres each name on its axis', () => {
    const places = namePlaces(names, 1100);
    expect(new Set(places.map(({ top }) => top)).size).toBe(1);
    expect(places.map(({ x }) => x)).toEqual(names.map((_, i) => xOf(i, names.length, 1100)));
    expect(new Set(namePlaces(names, 500).map(({ top }) => top)).size).toBe(2);
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
