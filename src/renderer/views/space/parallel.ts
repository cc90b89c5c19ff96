/**
 * Parallel coordinates: one axis for each parameter, the value last, one line for each trial.
 * Geometry and drawing; `Parallel.svelte` and `ParallelAxes.svelte` handle the pointer.
 */
import type { Axis } from '../../../core/search-space/axis.ts';
import { toUnit } from '../../../core/search-space/unit-cube.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import { footLabel, valueTicks } from '../../charts/scales.ts';
import { chartText } from '../../text-of-charts.ts';
import type { Population } from '../../state/population.ts';
import type { Range } from '../../state/selection.svelte.ts';
import { axisTicks, unitOf } from './trials.ts';

export const [TOP, FOOT, SIDE] = [56, 40, 56];
/** Maximum number of labels of a numeric axis. */
const TICKS = 5;

export interface Column {
  /** Name of the parameter, or `#value`. */
  readonly name: string;
  /** Null for the axis of values. */
  readonly axis: Axis | null;
  /** Name of the axis of values where the study lists objectives: the first; absent: none. */
  readonly objective?: string | null;
}

export interface ParallelPicture {
  readonly population: Population;
  readonly palette: Palette;
  readonly columns: readonly Column[];
  readonly width: number;
  readonly height: number;
  /** Trials drawn as lines, the best first. */
  readonly lines: readonly number[];
  /** Trials drawn as a faint background when there are more than lines. */
  readonly haze: readonly number[];
  readonly brush: ReadonlyMap<string, Range>;
  readonly passes: (number: number) => boolean;
}

/** Returns the name that users see. */
export function nameOf({ name, axis, objective }: Column): string {
  return axis === null ? (objective ?? chartText.space.value) : name;
}

export function xOf(place: number, count: number, width: number): number {
  return SIDE + (count < 2 ? 0.5 : place / (count - 1)) * (width - 2 * SIDE);
}

/** Greatest width of a character of an axis's name, and the space beside a name, in px. */
const [NAME_CHARACTER, NAME_SPACE] = [9, 14];
/** Upper edges of the two rows of names; one row is the lower one. */
const NAME_ROWS = [4, 24] as const;
const LEAST_NAME = 60;

/** Place of an axis's name, centred at `x`. */
export interface NamePlace {
  readonly x: number;
  readonly top: number;
  /** Greatest width. */
  readonly width: number;
}

/**
 * Places the names of the axes in one row, or in two rows in turn if neighbours would overlap, so
 * that each has the space of two axes.
 */
export function namePlaces(names: readonly string[], width: number): readonly NamePlace[] {
  const gap = (width - 2 * SIDE) / Math.max(1, names.length - 1);
  const needed = names.map((name) => name.length * NAME_CHARACTER + NAME_SPACE);
  const overlap = needed.some((each, place) => (each + (needed[place + 1] ?? -each)) / 2 > gap);
  return needed.map((each, place) => {
    const x = xOf(place, names.length, width);
    const room = overlap ? 2 * gap - 4 : each;
    return {
      x,
      top: NAME_ROWS[overlap && place % 2 === 0 ? 0 : 1],
      width: Math.max(LEAST_NAME, Math.min(room, 2 * x, 2 * (width - x))),
    };
  });
}

/** Width of a character of a tick's label and the label's distance from its axis, in px. */
const [CHARACTER, INDENT] = [6.2, 6];

/** @param unit NaN when the parameter is not used; drawn at the foot */
export function yOf(unit: number, height: number): number {
  if (Number.isNaN(unit)) return height - FOOT + 14;
  return TOP + (1 - unit) * (height - TOP - FOOT);
}

/** Position on the axis at a pixel, clamped to 0 … 1. */
export function unitAt(y: number, height: number): number {
  return Math.max(0, Math.min(1, 1 - (y - TOP) / (height - TOP - FOOT)));
}

export function drawParallel(pen: Pen, picture: ParallelPicture): void {
  const { population, palette, columns, lines, haze } = picture;
  if (haze.length > 0) {
    pen.begin();
    for (const number of haze) trace(pen, picture, number);
    pen.stroke(palette.text3, 1, 0.03);
  }
  const shades = new Map<number, number[]>();
  const out: number[] = [];
  const atChance: number[] = [];
  for (const number of lines) {
    if (!picture.passes(number)) out.push(number);
    else if (population.atChance(number)) atChance.push(number);
    else {
      const shade = palette.values.shade(population.unitOf(number));
      const held = shades.get(shade);
      if (held === undefined) shades.set(shade, [number]);
      else held.push(number);
    }
  }
  if (out.length > 0) {
    pen.begin();
    for (const number of out) trace(pen, picture, number);
    pen.stroke(palette.text3, 1, 0.07);
  }
  if (atChance.length > 0) {
    pen.begin();
    for (const number of atChance) trace(pen, picture, number);
    pen.stroke(palette.text3, 1, 0.6, [2, 3]);
  }
  const opacity =
    lines.length - out.length > 400 ? 0.35 : lines.length - out.length > 80 ? 0.55 : 0.8;
  for (const [shade, numbers] of [...shades].sort(([a], [b]) => a - b)) {
    pen.begin();
    for (const number of numbers) trace(pen, picture, number);
    pen.stroke(palette.values.shades[shade] ?? palette.text, 1.25, opacity);
  }
  for (const [place, column] of columns.entries()) drawColumn(pen, picture, column, place);
}

/** Draws the highlighted lines above all others. */
export function drawLit(
  pen: Pen,
  picture: ParallelPicture,
  selected: number | null,
  hovered: number | null,
): void {
  const { palette, population } = picture;
  for (const number of [hovered, selected]) {
    if (number === null || !population.table.has(number)) continue;
    pen.begin();
    trace(pen, picture, number);
    pen.stroke(palette.canvas, 5, 0.8);
    pen.stroke(number === selected ? palette.accent : palette.text, 2);
    const last = picture.columns.length - 1;
    const at = picture.columns[last];
    if (at === undefined) continue;
    const y = yOf(unitOf(population, at.axis, number), picture.height);
    // Left of the axis, because its tick labels are on the right.
    pen.text(xOf(last, picture.columns.length, picture.width) - 8, y + 4, String(number), {
      anchor: 'end',
      colour: number === selected ? palette.accent : palette.text,
      size: 11,
      weight: 600,
      halo: palette.canvas,
    });
  }
}

/** @returns the nearest line within reach of a point; null when there is none */
export function nearestLine(
  picture: ParallelPicture,
  x: number,
  y: number,
  reach: number,
): number | null {
  const { columns, width, height, population } = picture;
  const gap = (width - 2 * SIDE) / Math.max(1, columns.length - 1);
  const place = Math.max(0, Math.min(columns.length - 2, Math.floor((x - SIDE) / gap)));
  const [from, to] = [columns[place], columns[place + 1]];
  if (from === undefined || to === undefined) return null;
  const share = Math.max(0, Math.min(1, (x - SIDE - place * gap) / gap));
  let [found, least]: [number | null, number] = [null, reach];
  for (const number of picture.lines) {
    if (!picture.passes(number)) continue;
    const [a, b] = [
      yOf(unitOf(population, from.axis, number), height),
      yOf(unitOf(population, to.axis, number), height),
    ];
    const distance = Math.abs(a + (b - a) * share - y);
    if (distance < least) [found, least] = [number, distance];
  }
  return found;
}

function trace(
  pen: Pen,
  { population, columns, width, height }: ParallelPicture,
  number: number,
): void {
  for (const [place, { axis }] of columns.entries()) {
    const [x, y] = [
      xOf(place, columns.length, width),
      yOf(unitOf(population, axis, number), height),
    ];
    if (place === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
}

/** Draws a tick's label on a plate of the background, so that no line runs through it. */
function drawTickLabel(pen: Pen, palette: Palette, x: number, y: number, label: string): void {
  pen.begin();
  pen.rect(x - 2, y - 8, label.length * CHARACTER + 4, 16);
  pen.fill(palette.canvas, 0.85);
  pen.text(x, y + 4, label, { colour: palette.text2, size: 11, halo: palette.canvas });
}

function drawColumn(
  pen: Pen,
  picture: ParallelPicture,
  { axis, name }: Column,
  place: number,
): void {
  const { palette, columns, lines, width, height, population, brush } = picture;
  const x = xOf(place, columns.length, width);
  pen.begin();
  pen.moveTo(x, TOP);
  pen.lineTo(x, height - FOOT);
  pen.stroke(palette.control, 1);
  const style = { colour: palette.text2, size: 11, halo: palette.canvas };
  if (axis !== null && axis.parents.length > 0) {
    const foot = yOf(NaN, height);
    pen.begin();
    pen.moveTo(x - 4, foot);
    pen.lineTo(x + 4, foot);
    pen.stroke(palette.control, 1);
    pen.text(x, foot + 14, chartText.space.notUsed, {
      ...style,
      colour: palette.text3,
      anchor: 'middle',
    });
  }
  const last = place === columns.length - 1;
  const ticks =
    axis === null
      ? population.scale === null
        ? []
        : valueTicks(population.scale, 34 / (height - TOP - FOOT)).map(({ value, label }) => ({
            unit: population.unit(value),
            label,
          }))
      : axisTicks(axis, TICKS);
  for (const { unit, label } of ticks) {
    const y = yOf(unit, height);
    pen.begin();
    pen.moveTo(x - 3, y);
    pen.lineTo(x + 3, y);
    pen.stroke(palette.control, 1);
    drawTickLabel(pen, palette, last ? x + 8 : x + INDENT, y, label);
  }
  if (axis === null && population.scale !== null) {
    const { direction, scale, chance } = population;
    const foot = chartText.curves.foot({ value: footLabel(scale, scale.worst), direction });
    pen.text(x + 8, height - FOOT + 18, foot, { ...style, colour: palette.text3 });
    if (chance !== null && lines.some((number) => population.atChance(number)))
      pen.text(x + SIDE - 6, height - FOOT + 32, chartText.space.atChance, {
        ...style,
        colour: palette.text3,
        anchor: 'end',
      });
  }
  const range = brush.get(name);
  if (range === undefined) return;
  const [low, high] = brushUnits(population, axis, range);
  pen.begin();
  pen.rect(x - 6, yOf(high, height), 12, Math.max(2, yOf(low, height) - yOf(high, height)));
  pen.fill(palette.accent, 0.25);
  pen.stroke(palette.accent, 1.5);
}

/** A brushed range as positions on the axis, the smaller first. */
export function brushUnits(
  population: Population,
  axis: Axis | null,
  range: Range,
): readonly [number, number] {
  if (axis === null) {
    const [a, b] = [population.unit(range.low), population.unit(range.high)];
    return [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
  }
  const half = axis.kind === 'continuous' ? 0 : 0.5 / Math.max(1, axis.cells);
  return [
    Math.max(0, toUnit(axis, range.low) - half),
    Math.min(1, toUnit(axis, range.high) + half),
  ];
}
