/** Draws two parameters of all trials, coloured by value; or three in a rotated projection. */
import type { Axis } from '../../../core/search-space/axis.ts';
import { Density } from '../../charts/density.ts';
import type { GridIndex } from '../../charts/grid-index.ts';
import { placeLabels } from '../../charts/labels.ts';
import { hollowMark, mark, outline, shapeOf } from '../../charts/marks.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import type { Population } from '../../state/population.ts';
import { axisTicks, bestOf, unitOf } from './trials.ts';

/** Maximum number of trials that are all drawn as dots, and number of dots beyond it. */
const DOTS = 5000;
const BEST = 500;
export const [LEFT, RIGHT, TOP, BOTTOM] = [72, 24, 20, 48];
/** Distance in px from a mark within which its number may stand. */
const NEARBY = 48;

export interface ScatterPicture {
  readonly population: Population;
  readonly palette: Palette;
  readonly x: Axis;
  readonly y: Axis;
  /** Null for a two-dimensional plot. */
  readonly depth: { readonly axis: Axis; readonly turn: number; readonly tilt: number } | null;
  readonly width: number;
  readonly height: number;
  readonly passes: (number: number) => boolean;
  /** True if a frame around the chart shows the axis titles. */
  readonly framed?: boolean;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Position of a trial; NaN when it does not use one of the parameters. */
export function spotOf(picture: ScatterPicture, number: number): Spot {
  const { population, x, y, depth } = picture;
  const [across, up] = [unitOf(population, x, number), unitOf(population, y, number)];
  return project(
    picture,
    across,
    up,
    depth === null ? 0.5 : unitOf(population, depth.axis, number),
  );
}

/** @param index receives the marks that are drawn, for picking */
export function drawScatter(pen: Pen, picture: ScatterPicture, index: GridIndex | null): void {
  const { population, palette, width, height } = picture;
  const { table } = population;
  drawFrame(pen, picture);
  index?.clear();
  const dense = population.valued > DOTS;
  let numbers: readonly number[];
  if (dense) {
    const density = new Density(width - LEFT - RIGHT, height - TOP - BOTTOM);
    for (let number = 0; number < table.size; number++) {
      if (!table.isFinite(number)) continue;
      const spot = spotOf(picture, number);
      density.add(spot.x - LEFT, spot.y - TOP);
    }
    density.draw(pen, LEFT, TOP, palette.text3);
    numbers = bestOf(population, BEST);
  } else numbers = bestOf(population, DOTS);
  const out: number[] = [];
  const atChance: number[] = [];
  const batches = new Map<string, { shade: number; numbers: number[] }>();
  for (const number of numbers.toReversed()) {
    if (!picture.passes(number)) {
      out.push(number);
      continue;
    }
    if (population.atChance(number)) {
      atChance.push(number);
      continue;
    }
    const shade = palette.values.shade(population.unitOf(number));
    const key = `${shade} ${shapeOf(population.operator(number))}`;
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, { shade, numbers: [number] });
    else batch.numbers.push(number);
  }
  const size = numbers.length > 1000 ? 6 : 8;
  pen.begin();
  for (const number of out) {
    const { x, y } = spotOf(picture, number);
    if (Number.isFinite(x) && Number.isFinite(y)) pen.circle(x, y, 2);
  }
  pen.fill(palette.text3, 0.3);
  for (const number of atChance) {
    const { x, y } = spotOf(picture, number);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    hollowMark(
      pen,
      shapeOf(population.operator(number)),
      x,
      y,
      size,
      palette.text3,
      palette.canvas,
    );
    index?.put(number, x, y);
  }
  for (const { shade, numbers: batch } of [...batches.values()].sort((a, b) => a.shade - b.shade)) {
    pen.begin();
    for (const number of batch) {
      const { x, y } = spotOf(picture, number);
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      outline(pen, shapeOf(population.operator(number)), x, y, size);
      index?.put(number, x, y);
    }
    pen.stroke(palette.canvas, 2);
    pen.fill(palette.values.shades[shade] ?? palette.text, 0.95);
  }
}

/**
 * Draws the highlighted marks above all others, with their numbers where these cover no mark.
 * @param index of the marks that `drawScatter` drew
 */
export function drawScatterLit(
  pen: Pen,
  picture: ScatterPicture,
  index: GridIndex,
  selected: number | null,
  hovered: number | null,
): void {
  const { population, palette, width, height } = picture;
  for (const number of [hovered, selected]) {
    if (number === null || !population.table.has(number)) continue;
    const { x, y } = spotOf(picture, number);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    pen.begin();
    pen.circle(x, y, 10);
    pen.fill(palette.canvas);
    pen.stroke(number === selected ? palette.accent : palette.text2, 2);
    mark(
      pen,
      shapeOf(population.operator(number)),
      x,
      y,
      10,
      palette.values.at(population.unitOf(number)),
      palette.canvas,
    );
    const around = index.within(x, y, NEARBY).map((spot) => ({ ...spot, radius: 4 }));
    const taken = [{ x, y, radius: 10 }, ...around];
    const wide = (text: string): number => text.length * 6.6;
    const [label] = placeLabels([{ text: String(number), x, y }], taken, wide, {
      left: 0,
      top: 0,
      right: width,
      bottom: height,
    });
    if (label === undefined) continue;
    pen.text(label.atX, label.atY, label.text, {
      colour: palette.text,
      size: 11,
      weight: 600,
      anchor: 'middle',
      halo: palette.canvas,
    });
  }
}

function drawFrame(pen: Pen, picture: ScatterPicture): void {
  const { palette, x, y, depth, width, height } = picture;
  const style = { colour: palette.text3, size: 11 };
  if (depth !== null) {
    drawCube(pen, picture);
    return;
  }
  const [right, bottom] = [width - RIGHT, height - BOTTOM];
  pen.begin();
  for (const { unit } of axisTicks(x, 6)) {
    const at = LEFT + unit * (right - LEFT);
    pen.moveTo(at, TOP);
    pen.lineTo(at, bottom);
  }
  for (const { unit } of axisTicks(y, 6)) {
    const at = bottom - unit * (bottom - TOP);
    pen.moveTo(LEFT, at);
    pen.lineTo(right, at);
  }
  pen.stroke(palette.grid, 1);
  for (const { unit, label } of axisTicks(x, 6))
    pen.text(LEFT + unit * (right - LEFT), bottom + 18, label, { ...style, anchor: 'middle' });
  for (const { unit, label } of axisTicks(y, 6))
    pen.text(LEFT - 10, bottom - unit * (bottom - TOP) + 4, label, { ...style, anchor: 'end' });
  if (picture.framed === true) return;
  pen.text(right, bottom + 38, x.name, { ...style, colour: palette.text2, anchor: 'end' });
  pen.text(LEFT, TOP - 8, y.name, { ...style, colour: palette.text2 });
}

/** Draws the twelve edges, and a name at the far end of each axis. */
function drawCube(pen: Pen, picture: ScatterPicture): void {
  const { palette, x, y, depth } = picture;
  pen.begin();
  for (let corner = 0; corner < 8; corner++) {
    for (const bit of [1, 2, 4]) {
      if ((corner & bit) !== 0) continue;
      const from = project(picture, corner & 1, (corner >> 1) & 1, (corner >> 2) & 1);
      const other = corner | bit;
      const to = project(picture, other & 1, (other >> 1) & 1, (other >> 2) & 1);
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x, to.y);
    }
  }
  pen.stroke(palette.lineStrong, 1);
  const style = {
    colour: palette.text2,
    size: 11,
    anchor: 'middle',
    halo: palette.canvas,
  } as const;
  const named = [
    { name: x.name, axis: x, at: [0.5, -0.1, 0], low: [0.04, -0.06, 0], high: [0.96, -0.06, 0] },
    { name: y.name, axis: y, at: [0, 1.06, 0], low: [-0.06, 0.04, 0], high: [-0.06, 0.96, 0] },
    {
      name: depth?.axis.name ?? '',
      axis: depth?.axis ?? x,
      at: [-0.05, -0.05, 0.55],
      low: [-0.05, -0.05, 0.04],
      high: [-0.05, -0.05, 0.96],
    },
  ] as const;
  for (const { name, axis, at, low, high } of named) {
    const spot = project(picture, at[0], at[1], at[2]);
    pen.text(spot.x, spot.y, name, { ...style, weight: 600 });
    const ends = axisTicks(axis, 2);
    for (const [place, end] of [low, high].entries()) {
      const { x: px, y: py } = project(picture, end[0], end[1], end[2]);
      pen.text(px, py, (place === 0 ? ends[0] : ends.at(-1))?.label ?? '', {
        ...style,
        colour: palette.text3,
      });
    }
  }
}

/**
 * Projects positions to pixels: flat, or rotated about the vertical axis and tilted, without
 * perspective.
 */
function project(
  { depth, width, height }: ScatterPicture,
  across: number,
  up: number,
  far: number,
): Spot {
  if (depth === null) {
    return {
      x: LEFT + across * (width - LEFT - RIGHT),
      y: height - BOTTOM - up * (height - TOP - BOTTOM),
    };
  }
  const [x, y, z] = [across - 0.5, up - 0.5, far - 0.5];
  const turned = x * Math.cos(depth.turn) + z * Math.sin(depth.turn);
  const back = -x * Math.sin(depth.turn) + z * Math.cos(depth.turn);
  const size = Math.min(width, height) * 0.62;
  return {
    x: width / 2 + turned * size,
    y: height / 2 - (y * Math.cos(depth.tilt) + back * Math.sin(depth.tilt)) * size,
  };
}
