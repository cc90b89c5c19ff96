/**
 * Draws the parts of Evolution that change between frames: running trials, births and deaths in
 * motion, and the highlighted trials.
 */
import { at } from '../../../core/at.ts';
import { genealogyOf } from '../../../core/analysis/genealogy.ts';
import { placeLabels } from '../../charts/labels.ts';
import { link, mark, runningRing, shapeOf } from '../../charts/marks.ts';
import type { Pen } from '../../charts/pen.ts';
import { chartText } from '../../text-of-charts.ts';
import { drawEnd, drawLife } from './draw-base.ts';
import type { Sight } from './draw-base.ts';
import type { Places, Span } from './places.ts';

/** Maximum number of ancestors that are drawn, and of those that are labelled. */
const MOST_ANCESTORS = 60;
const MOST_LABELS = 12;

export interface Motion {
  readonly number: number;
  readonly kind: 'birth' | 'death';
  /** Progress from 0 to 1. */
  readonly part: number;
}

export interface Pointed {
  readonly selected: number | null;
  readonly hovered: number | null;
  /** The trial with the keyboard focus; null when the chart has no focus. */
  readonly cursor: number | null;
  readonly motions: readonly Motion[];
  /** Epochs of a trial; null when unknown. */
  readonly epochs: number | null;
  /** Brushed range of trial numbers. */
  readonly brush: Span | null;
}

export function drawOverlay(pen: Pen, sight: Sight, pointed: Pointed): void {
  const { places } = sight;
  pen.clip(places.left - 8, 0, places.right - places.left + 16, places.bottom + 2, () => {
    if (pointed.brush !== null) drawBrush(pen, sight, pointed.brush);
    drawRunning(pen, sight, pointed);
    for (const motion of pointed.motions) drawMotion(pen, sight, motion);
    if (pointed.hovered !== null && pointed.hovered !== pointed.selected)
      drawHover(pen, sight, pointed.hovered);
    drawLineage(pen, sight, pointed.selected);
    if (pointed.cursor !== null) ring(pen, places, pointed.cursor, 9, sight.palette.accent, 2);
  });
}

function drawBrush(pen: Pen, { places, palette }: Sight, brush: Span): void {
  const inside = (x: number): number => Math.max(places.left, Math.min(places.right, x));
  const gap = places.along === 'births' ? (places.xAt(1) - places.xAt(0)) / 2 : 0;
  const [from, to] = [inside(places.x(brush.low) - gap), inside(places.x(brush.high) + gap)];
  pen.begin();
  pen.rect(places.left, places.top, Math.max(0, from - places.left), places.bottom - places.top);
  pen.rect(to, places.top, Math.max(0, places.right - to), places.bottom - places.top);
  pen.fill(palette.canvas, 0.6);
  pen.begin();
  for (const x of [from, to]) {
    pen.moveTo(x, places.top);
    pen.lineTo(x, places.bottom);
  }
  pen.stroke(palette.accent, 1);
}

/** Draws running trials at their last report. */
function drawRunning(pen: Pen, { places, palette, moving }: Sight, { epochs }: Pointed): void {
  const { table } = places.population;
  if (places.population.pool !== null && places.detail !== 'all') {
    pen.begin();
    for (const number of table.running) {
      if (!moving.has(number))
        for (const parent of table.parents(number)) curve(pen, places, parent, number);
    }
    pen.stroke(palette.text3, 1, 0.25);
  }
  for (const number of table.running) {
    if (moving.has(number)) continue;
    const reports = at(table.columns.reports, number);
    runningRing(
      pen,
      places.x(number),
      places.y(number),
      partDone(places, number, reports, epochs),
      palette.accent,
      palette.canvas,
    );
  }
}

function partDone(places: Places, number: number, reports: number, epochs: number | null): number {
  const curve = places.population.table.curve(number);
  const done = Math.max(reports, curve === null ? 0 : (curve.steps[curve.length - 1] ?? -1) + 1);
  return epochs === null ? 0.7 : done / epochs;
}

/**
 * Draws a birth as a line that grows from the parents, then the mark; a death as a growing tick and
 * a fading line.
 */
function drawMotion(pen: Pen, { places, palette }: Sight, { number, kind, part }: Motion): void {
  const { population } = places;
  if (kind === 'death') {
    drawLife(pen, places, palette, number, part, 0.9 - 0.5 * part);
    const colour = palette.values.at(population.unitOf(number));
    mark(
      pen,
      shapeOf(population.operator(number)),
      places.x(number),
      places.y(number),
      10 - part,
      colour,
      palette.canvas,
    );
    return;
  }
  const grown = Math.min(1, part / 0.7);
  pen.begin();
  for (const parent of population.table.parents(number)) curve(pen, places, parent, number, grown);
  pen.stroke(palette.text3, 1, 0.6 - 0.4 * part);
  if (part <= 0.5) return;
  const [x, y] = [places.x(number), places.y(number)];
  pen.begin();
  pen.circle(x, y, 5 * Math.min(1, (part - 0.5) / 0.5));
  pen.stroke(palette.accent, 2, 0.5);
}

function drawHover(pen: Pen, { places, palette }: Sight, number: number): void {
  const { table, pool } = places.population;
  if (!table.has(number)) return;
  if (pool !== null) {
    pen.begin();
    for (const parent of table.parents(number)) curve(pen, places, parent, number);
    for (const child of childrenOf(places, number)) curve(pen, places, number, child);
    pen.stroke(palette.text2, 1.5, 0.8);
    if (places.population.life(number) === 'displaced')
      drawLife(pen, places, palette, number, 1, 0.9);
  }
  ring(pen, places, number, 8, palette.text2, 1.5);
}

function drawLineage(pen: Pen, sight: Sight, selected: number | null): void {
  const { places, palette } = sight;
  const { population } = places;
  const { table } = population;
  const champion = championLabel(places);
  if (selected === null || !table.has(selected)) {
    drawChampion(pen, sight, champion);
    return;
  }
  const genealogy = genealogyOf(
    { size: table.size, parents: (number) => table.parents(number) },
    selected,
    MOST_ANCESTORS,
  );
  const path = (): void => {
    pen.begin();
    for (const { parent, child } of genealogy.links) curve(pen, places, parent, child);
  };
  path();
  pen.stroke(palette.canvas, 4, 0.8);
  path();
  pen.stroke(palette.accent, 2);
  const ancestors = genealogy.layers.flat().filter((number) => number !== selected);
  for (const number of ancestors) drawTrial(pen, sight, number, 11);
  ring(pen, places, selected, 10, palette.accent, 2, palette.canvas);
  drawTrial(pen, sight, selected, 11);
  drawChampion(pen, sight, champion);
  const wanted = [...(champion?.trial === selected ? [] : [selected]), ...ancestors]
    .slice(0, MOST_LABELS)
    .map((number) => ({ text: String(number), x: places.x(number), y: places.y(number) }));
  const taken = [{ x: places.x(selected), y: places.y(selected), radius: 10 }];
  if (places.detail === 'all')
    for (const number of places.seen())
      taken.push({ x: places.x(number), y: places.y(number), radius: 5 });
  else
    for (const number of ancestors)
      taken.push({ x: places.x(number), y: places.y(number), radius: 5 });
  if (champion !== null) {
    for (let x = champion.x - champion.half; x <= champion.x + champion.half; x += 8)
      taken.push({ x, y: champion.y - 4, radius: 7 });
  }
  const within = {
    left: places.left,
    top: places.top - 6,
    right: places.right + 8,
    bottom: places.bottom,
  };
  for (const label of placeLabels(wanted, taken, (text) => text.length * 6.6, within)) {
    pen.text(label.atX, label.atY, label.text, {
      colour: palette.text,
      size: 11,
      weight: 500,
      anchor: 'middle',
      halo: palette.canvas,
    });
  }
}

function drawTrial(pen: Pen, { places, palette }: Sight, number: number, diameter: number): void {
  const { population } = places;
  const { table } = population;
  if (table.isOpen(number)) return;
  if (!table.isFinite(number)) {
    drawEnd(pen, places, palette, number);
    return;
  }
  const colour = palette.values.at(population.unitOf(number));
  mark(
    pen,
    shapeOf(population.operator(number)),
    places.x(number),
    places.y(number),
    diameter,
    colour,
    palette.canvas,
  );
}

interface ChampionLabel {
  readonly trial: number;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly half: number;
}

function championLabel(places: Places): ChampionLabel | null {
  const { best, front } = places.population;
  // With several objectives no trial is the best.
  if (best === null || front !== null) return null;
  const text = chartText.evolution.best({ trial: best });
  const half = text.length * 3.1;
  const x = places.x(best);
  if (!(x >= places.left - 4 && x <= places.right + 4)) return null;
  const y = places.y(best);
  if (y - 15 >= places.top + 4) {
    const middle = Math.max(places.left + half, Math.min(places.right + 6 - half, x));
    return { trial: best, text, x: middle, y: y - 15, half };
  }
  // At the upper edge the label does not fit above its mark, so it stands beside it.
  const side = x + 14 + 2 * half <= places.right + 6 ? 1 : -1;
  return { trial: best, text, x: x + side * (14 + half), y: y + 4, half };
}

function drawChampion(pen: Pen, { palette }: Sight, label: ChampionLabel | null): void {
  if (label === null) return;
  pen.text(label.x, label.y, label.text, {
    colour: palette.text,
    size: 11,
    weight: 600,
    anchor: 'middle',
    halo: palette.canvas,
  });
}

function ring(
  pen: Pen,
  places: Places,
  number: number,
  radius: number,
  colour: string,
  width: number,
  inside?: string,
): void {
  pen.begin();
  pen.circle(places.x(number), places.y(number), radius);
  if (inside !== undefined) pen.fill(inside);
  pen.stroke(colour, width);
}

/** @param part fraction of the curve that is drawn, from the parent */
function curve(pen: Pen, places: Places, parent: number, child: number, part = 1): void {
  if (!places.population.table.has(parent)) return;
  const [x1, y1, x2, y2] = [places.x(parent), places.y(parent), places.x(child), places.y(child)];
  if (part >= 1) {
    link(pen, x1, y1, x2, y2);
    return;
  }
  // The first part of the whole curve (de Casteljau's algorithm), so that it grows along its path.
  const bend = Math.max(8, (x2 - x1) / 2);
  const mix = (a: number, b: number): number => a + (b - a) * part;
  const [ax, bx, cx] = [mix(x1, x1 + bend), mix(x1 + bend, x2 - bend), mix(x2 - bend, x2)];
  const [ay, by, cy] = [mix(y1, y1), mix(y1, y2), mix(y2, y2)];
  const [dx, ex, dy, ey] = [mix(ax, bx), mix(bx, cx), mix(ay, by), mix(by, cy)];
  pen.moveTo(x1, y1);
  pen.curveTo(ax, ay, dx, dy, mix(dx, ex), mix(dy, ey));
}

/** Offspring of a trial, read from the column because it is needed while the pointer moves. */
export function childrenOf(places: Places, number: number): readonly number[] {
  const { table } = places.population;
  const { parents } = table.columns;
  const children: number[] = [];
  for (let i = 2 * (number + 1); i < 2 * table.size; i++) {
    const child = i >> 1;
    if (parents[i] === number + 1 && children[children.length - 1] !== child) children.push(child);
  }
  return children;
}
