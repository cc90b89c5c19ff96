/**
 * Draws the parts of Evolution that change with trials only: axes, well, links, life lines,
 * staircase, marks. The parts that follow the pointer are in `draw-overlay.ts`.
 */
import {
  divergedMark,
  failedMark,
  hollowMark,
  link,
  mark,
  outline,
  pausedMarks,
  prunedMark,
  shapeOf,
  waitingRings,
} from '../../charts/marks.ts';
import type { Shape } from '../../charts/marks.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import { SHADES } from '../../charts/value-colours.ts';
import { count } from '../../format.ts';
import { chartText } from '../../text-of-charts.ts';
import type { Places } from './places.ts';
import { WELL, countTicks } from './places.ts';

const words = chartText.evolution;
/** Maximum number of trials for which all links are drawn. */
const ALL_LINKS = 200;
/** Number of latest trials drawn as dots when the rest is a density. */
const LATEST = 200;
/** Maximum number of waiting and paused trials that are drawn; the header shows their number. */
const MOST_IDLE = 5_000;

export interface Sight {
  readonly places: Places;
  readonly palette: Palette;
  /** Formats milliseconds since 1970 for the labels of the time axis. */
  readonly clock: (at: number) => string;
  /**
   * The current generation: trials of it that have ended, and its size; null when there is none.
   */
  readonly live: {
    readonly generation: number;
    readonly ended: number;
    readonly of: number;
  } | null;
  /** Trials whose birth or death is animated; the overlay draws them. */
  readonly moving: ReadonlySet<number>;
  /** True if a frame around the chart shows the axis titles. */
  readonly framed?: boolean;
}

export function drawBase(pen: Pen, sight: Sight): void {
  const { places } = sight;
  drawAxes(pen, sight);
  pen.clip(
    places.left - 6,
    places.top - 8,
    places.right - places.left + 12,
    places.bottom - places.top + 10,
    () => {
      if (places.detail === 'density') {
        places.density?.draw(pen, places.left, places.top, sight.palette.text3);
      }
      drawLinks(pen, sight);
      drawLives(pen, sight);
      drawStairs(pen, sight);
      drawIdle(pen, sight);
      drawMarks(pen, sight);
      drawFront(pen, sight);
    },
  );
}

function drawAxes(pen: Pen, { places, palette, clock, live, framed = false }: Sight): void {
  const { left, right, top, bottom, well, population } = places;
  const caption = { colour: palette.text3, size: 11 };
  if (places.along === 'generations') drawColumns(pen, places, palette);
  for (const tick of places.ticks) {
    const y = places.yUnit(population.unit(tick.value));
    if (y > well - 10 || y < top + 2) continue;
    pen.begin();
    pen.moveTo(left, y);
    pen.lineTo(right, y);
    pen.stroke(palette.grid, 1);
    pen.text(places.labelEnd, y + 4, tick.label, { ...caption, anchor: 'end' });
  }
  if (places.along === 'generations') {
    pen.begin();
    pen.moveTo(left, well);
    pen.lineTo(right, well);
    pen.stroke(palette.lineStrong, 1);
  } else {
    pen.begin();
    pen.rect(left, well, right - left, WELL);
    pen.fill(palette.ground);
  }
  const [end, atEnd] = [places.labelEnd, { ...caption, anchor: 'end' } as const];
  const { worstLabel } = places;
  if (worstLabel === null) pen.text(end, well + WELL / 2 + 4, words.withoutValue, atEnd);
  else {
    const side = population.direction === 'maximize' ? words.below : words.above;
    pen.text(end, well + 14, side, atEnd);
    pen.text(end, well + 27, worstLabel, atEnd);
  }
  drawFounders(pen, places, palette);
  const y = bottom + 15;
  const { span } = places;
  if (places.along === 'time') {
    const start = places.whole.low;
    const step = niceTime((span.high - span.low) / Math.max(1, Math.floor((right - left) / 90)));
    for (let at = Math.ceil((span.low - start) / step) * step; start + at <= span.high; at += step)
      pen.text(places.xAt(start + at), y, clock(at), { ...caption, anchor: 'middle' });
  } else {
    const half = places.along === 'generations' ? 0.5 : 0;
    const last =
      places.along === 'generations' ? Math.ceil(places.whole.high) - 1 : places.whole.high;
    for (const at of countTicks(span, right - left, places.along === 'generations' ? 30 : 64)) {
      if (at > last || at < 0) continue;
      const x = places.xAt(at + half);
      if (x < left || x > right) continue;
      if (live?.generation === at && places.along === 'generations') {
        pen.text(x, y, words.liveGeneration(live), {
          colour: palette.text,
          size: 11,
          weight: 600,
          anchor: 'middle',
        });
      } else
        pen.text(x, y, at === 0 && half > 0 ? words.foundersShort : count(at), {
          ...caption,
          anchor: 'middle',
        });
    }
  }
  const kind = population.scale?.kind ?? 'linear';
  if (framed) return;
  pen.text(
    left,
    bottom + 33,
    words.yAxis({ title: chartText.valueAxis(population), kind }),
    caption,
  );
  pen.text(right, bottom + 33, words.xAxis[places.along], { ...caption, anchor: 'end' });
}

function drawColumns(pen: Pen, places: Places, palette: Palette): void {
  const [first, last] = [Math.max(0, Math.floor(places.span.low)), Math.ceil(places.span.high)];
  if (last - first > 400) return;
  for (let column = first; column < last; column++) {
    if (column % 2 === 0) continue;
    const from = Math.max(places.left, places.xAt(column));
    const to = Math.min(places.right, places.xAt(column + 1));
    if (to <= from) continue;
    pen.begin();
    pen.rect(from, places.top, to - from, places.bottom - places.top);
    pen.fill(palette.ground);
  }
}

/** Width of a character of a caption, and the caption's distance from the line, in px. */
const [CHARACTER, GAP] = [5.8, 6];

/** Draws the line between founders and offspring, with its captions in a row above the plot. */
function drawFounders(pen: Pen, places: Places, palette: Palette): void {
  const { population } = places;
  if (!places.captioned || population.pool === null) return;
  const first = places.firstChild();
  if (first === null || first === 0) return;
  const x = places.xAt(first - 0.5);
  if (x < places.left || x > places.right) return;
  pen.begin();
  pen.moveTo(x, 2);
  pen.lineTo(x, places.bottom);
  pen.stroke(palette.lineStrong, 1, 1, [2, 2]);
  const style = { colour: palette.text3, size: 11 };
  const fits = (caption: string, room: number): boolean => caption.length * CHARACTER + GAP <= room;
  const founders = words.founders({ founders: first });
  const bred = words.bred({ pool: population.pool.size });
  if (fits(founders, x)) pen.text(x - GAP, 13, founders, { ...style, anchor: 'end' });
  if (fits(bred, places.right - x)) pen.text(x + GAP, 13, bred, style);
}

function drawLinks(pen: Pen, { places, palette, moving }: Sight): void {
  const { table, pool } = places.population;
  if (pool === null) return;
  const all = places.seenCount <= ALL_LINKS;
  pen.begin();
  for (const child of all ? places.seen() : places.population.alive) {
    if (moving.has(child)) continue;
    for (const parent of table.parents(child)) {
      if (table.has(parent))
        link(pen, places.x(parent), places.y(parent), places.x(child), places.y(child));
    }
  }
  pen.stroke(palette.text3, 1, all ? 0.17 : 0.3);
}

function drawLives(pen: Pen, { places, palette, moving }: Sight): void {
  const { population } = places;
  if (population.pool === null) return;
  if (places.detail === 'all') {
    for (const number of places.seen())
      if (!moving.has(number) && population.life(number) === 'displaced')
        drawLife(pen, places, palette, number);
  }
  for (const number of [...population.alive].reverse()) {
    if (population.inWell(number)) continue;
    pen.begin();
    pen.moveTo(places.x(number), places.y(number));
    pen.lineTo(places.right + 2, places.y(number));
    pen.stroke(palette.values.at(population.unitOf(number)), 2, 0.9);
  }
}

/**
 * Draws the life line of a displaced trial, with the tick that ends it.
 * @param part fraction of the tick that is drawn
 */
export function drawLife(
  pen: Pen,
  places: Places,
  palette: Palette,
  number: number,
  part = 1,
  opacity = 0.4,
): void {
  const [x, y, end] = [places.x(number), places.y(number), places.lifeEnd(number)];
  if (end === null || places.population.inWell(number)) return;
  const until = Math.min(end, places.right + 2);
  pen.begin();
  pen.moveTo(x, y);
  pen.lineTo(until, y);
  if (end <= places.right + 2) {
    pen.moveTo(until, y - 3.5 * part);
    pen.lineTo(until, y + 3.5 * part);
  }
  pen.stroke(palette.values.at(places.population.unitOf(number)), 1.5, opacity);
}

function drawStairs(pen: Pen, { places, palette }: Sight): void {
  const { steps } = places.stairs;
  const [first] = steps;
  if (first === undefined || places.population.front !== null) return;
  const path = (): void => {
    pen.begin();
    let y = places.yOf(first.value);
    pen.moveTo(Math.min(places.left + 10, places.stairX(first.key)), y);
    for (const step of steps) {
      const x = places.stairX(step.key);
      pen.lineTo(x, y);
      y = places.yOf(step.value);
      pen.lineTo(x, y);
    }
    pen.lineTo(places.right + 2, y);
  };
  path();
  pen.stroke(palette.canvas, 5);
  path();
  pen.stroke(palette.text, 1.75);
}

/**
 * Draws the trials that wait for a worker or are paused at a rung, however many came after them.
 */
function drawIdle(pen: Pen, { places, palette, moving }: Sight): void {
  const { table } = places.population;
  const points = {
    waiting: new Array<[x: number, y: number]>(),
    paused: new Array<[x: number, y: number]>(),
  };
  let left = MOST_IDLE;
  for (const number of table.idle) {
    const x = places.x(number);
    if (moving.has(number) || x < places.left - 6 || x > places.right + 6) continue;
    if (left-- === 0) break;
    points[table.state(number) === 'paused' ? 'paused' : 'waiting'].push([x, places.y(number)]);
  }
  if (points.waiting.length > 0) waitingRings(pen, points.waiting, palette.waiting);
  if (points.paused.length > 0) pausedMarks(pen, points.paused, palette.waiting);
}

function drawMarks(pen: Pen, { places, palette, moving }: Sight): void {
  const { population } = places;
  const { table } = population;
  const { detail } = places;
  const alive = new Set(population.alive);
  // Grouped by shade, so that better marks lie on top and each shade of a shape is one path.
  const batches = new Map<number, { shape: Shape; shade: number; numbers: number[] }>();
  const atChance: number[] = [];
  const first = detail === 'density' ? Math.max(0, table.size - LATEST) : 0;
  for (const number of places.seen(first)) {
    if (alive.has(number) || moving.has(number)) continue;
    if (table.isOpen(number)) continue;
    const state = table.state(number);
    if (state === 'failed' || state === 'pruned' || !Number.isFinite(table.value(number))) {
      drawEnd(pen, places, palette, number);
      continue;
    }
    const shape = shapeOf(population.operator(number));
    if (population.atChance(number)) {
      atChance.push(number);
      continue;
    }
    const shade = palette.values.shade(population.unitOf(number));
    const key = shade * 4 + shapes.indexOf(shape);
    const batch = batches.get(key);
    if (batch === undefined) batches.set(key, { shape, shade, numbers: [number] });
    else batch.numbers.push(number);
  }
  const diameter = detail === 'dots' ? 7 : 9;
  for (const number of atChance) {
    const shape = shapeOf(population.operator(number));
    hollowMark(
      pen,
      shape,
      places.x(number),
      places.y(number),
      diameter,
      palette.text3,
      palette.canvas,
    );
  }
  for (const [, { shape, shade, numbers }] of [...batches].sort(([a], [b]) => a - b)) {
    pen.begin();
    for (const number of numbers) outline(pen, shape, places.x(number), places.y(number), diameter);
    pen.stroke(palette.canvas, 2.5);
    pen.fill(palette.values.shades[Math.min(SHADES - 1, shade)] ?? palette.text);
  }
  for (const number of [...population.alive].reverse()) {
    const colour = palette.values.at(population.unitOf(number));
    const paint = population.atChance(number) ? hollowMark : mark;
    paint(
      pen,
      shapeOf(population.operator(number)),
      places.x(number),
      places.y(number),
      10,
      colour,
      palette.canvas,
    );
  }
}

/** Rings the members of the Pareto front. */
function drawFront(pen: Pen, { places, palette }: Sight): void {
  const { front, table } = places.population;
  if (front === null) return;
  for (const number of front)
    if (table.has(number) && table.isFinite(number))
      frontRing(pen, places.x(number), places.y(number), palette);
}

export function frontRing(pen: Pen, x: number, y: number, palette: Palette): void {
  pen.begin();
  pen.circle(x, y, 7.5);
  pen.stroke(palette.text, 1.75);
}

const shapes: readonly Shape[] = ['circle', 'square', 'diamond', 'triangle'];

/** Draws the glyph of a trial that ended without a comparable value. */
export function drawEnd(pen: Pen, places: Places, palette: Palette, number: number): void {
  const { table } = places.population;
  const [x, y] = [places.x(number), places.y(number)];
  if (table.state(number) === 'pruned') prunedMark(pen, x, y, palette.pruned);
  else if (table.state(number) === 'failed' && table.outcome(number) !== 'diverged')
    failedMark(pen, x, y, palette.failed);
  else divergedMark(pen, x, y, palette.diverged);
}

/** Milliseconds between the labels of the time axis. */
function niceTime(atLeast: number): number {
  const seconds = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400,
  ];
  const found = seconds.find((step) => step * 1000 >= atLeast);
  return found === undefined ? Math.ceil(atLeast / 86_400_000) * 86_400_000 : found * 1000;
}
