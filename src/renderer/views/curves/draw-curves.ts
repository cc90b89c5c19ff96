/**
 * Draws learning curves: finished ones pale, running ones in the accent colour with their number at
 * the end, the best one 2 px wide; or bands of deciles.
 */
import { at } from '../../../core/at.ts';
import { divergedMark, hollowMark, prunedMark, shapeOf } from '../../charts/marks.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import { footLabel, linearTicks, niceStep, valueTicks } from '../../charts/scales.ts';
import type { ValueScale } from '../../charts/scales.ts';
import type { Population } from '../../state/population.ts';
import { chartText } from '../../text-of-charts.ts';
import type { Deciles, Line } from './finished-curves.ts';

export const [LEFT, RIGHT, TOP, BOTTOM] = [56, 72, 20, 44];
const words = chartText.curves;

export interface CurvesPicture {
  readonly population: Population;
  readonly palette: Palette;
  readonly width: number;
  readonly height: number;
  /** Individual curves, the palest first. */
  readonly lines: readonly Line[];
  /** Null when curves are drawn individually. */
  readonly deciles: Deciles | null;
  readonly scale: ValueScale;
  /** Position on the value scale at the foot of the chart. */
  readonly lowest: number;
  /** Visible range of x, from 0, in epochs or seconds. */
  readonly span: { readonly low: number; readonly high: number };
  /** Position along x of a step of a trial. */
  readonly at: (trial: number, step: number) => number;
  readonly inSeconds: boolean;
  /** True if a frame around the chart shows the axis titles. */
  readonly framed?: boolean;
}

export function xOf({ span, width }: CurvesPicture, at: number): number {
  return LEFT + ((at - span.low) / (span.high - span.low)) * (width - LEFT - RIGHT);
}

export function yOf({ scale, lowest, height }: CurvesPicture, value: number): number {
  const unit = scale.unit(value);
  return (
    height -
    BOTTOM -
    ((Math.max(lowest, unit) - lowest) / (1.06 - lowest)) * (height - TOP - BOTTOM)
  );
}

export function drawCurves(
  pen: Pen,
  picture: CurvesPicture,
  selected: number | null,
  hovered: number | null,
): void {
  drawAxes(pen, picture);
  const { width, height, lines, palette, population } = picture;
  pen.clip(LEFT, 0, width - LEFT, height - BOTTOM + 6, () => {
    if (picture.deciles !== null) drawBands(pen, picture, picture.deciles);
    const lit = new Set([selected, hovered, population.best]);
    const finished = lines.filter(
      ({ trial }) => !population.table.running.has(trial) && !lit.has(trial),
    );
    pen.begin();
    for (const line of finished) trace(pen, picture, line);
    pen.stroke(palette.text2, 1, 0.25);
    drawSinglePoints(pen, picture, finished, palette.text2, 0.5);
    for (const line of finished) drawEnd(pen, picture, line);
    const running = lines.filter(({ trial }) => population.table.running.has(trial));
    pen.begin();
    for (const line of running) if (!lit.has(line.trial)) trace(pen, picture, line);
    pen.stroke(palette.accent, 1.5);
    drawSinglePoints(pen, picture, running, palette.accent, 1);
    for (const line of lines) {
      if (!lit.has(line.trial)) continue;
      const isBest = line.trial === population.best;
      pen.begin();
      trace(pen, picture, line);
      pen.stroke(palette.canvas, 4, 0.8);
      const own = population.table.running.has(line.trial)
        ? palette.accent
        : palette.values.at(population.unitOf(line.trial));
      const colour = line.trial === selected ? palette.accent : isBest ? own : palette.text;
      pen.stroke(colour, 2);
      drawSinglePoints(pen, picture, [line], colour, 1);
      drawEnd(pen, picture, line);
    }
    drawLabels(pen, picture, running, selected, hovered);
  });
}

/** @returns the nearest curve within reach of a point; null when there is none */
export function nearestCurve(
  picture: CurvesPicture,
  x: number,
  y: number,
  reach: number,
): number | null {
  let [found, least]: [number | null, number] = [null, reach];
  for (const line of picture.lines) {
    let before: { x: number; y: number } | null = null;
    for (let i = 0; i < line.length; i++) {
      const value = line.values[i];
      if (value === null || value === undefined || !Number.isFinite(value)) continue;
      const here = {
        x: xOf(picture, picture.at(line.trial, line.steps[i] ?? i)),
        y: yOf(picture, value),
      };
      const distance =
        before === null ? Math.hypot(here.x - x, here.y - y) : toSegment(x, y, before, here);
      if (distance < least) [found, least] = [line.trial, distance];
      before = here;
    }
  }
  return found;
}

function toSegment(
  x: number,
  y: number,
  a: { x: number; y: number },
  b: { x: number; y: number },
): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(a.x + t * dx - x, a.y + t * dy - y);
}

function drawAxes(pen: Pen, picture: CurvesPicture): void {
  const { palette, width, height, scale, lowest, span, population } = picture;
  const style = { colour: palette.text3, size: 11 };
  for (const { value, label } of valueTicks(
    scale,
    (34 / (height - TOP - BOTTOM)) * (1.06 - lowest),
    lowest,
    1.05,
  )) {
    const y = yOf(picture, value);
    if (y > height - BOTTOM - 14) continue;
    pen.begin();
    pen.moveTo(LEFT, y);
    pen.lineTo(width - RIGHT, y);
    pen.stroke(palette.grid, 1);
    pen.text(LEFT - 8, y + 4, label, { ...style, anchor: 'end' });
  }
  // Values below the axis are drawn at its foot.
  const foot = words.foot({
    value: footLabel(scale, scale.value(lowest)),
    direction: population.direction,
  });
  pen.text(LEFT - 8, height - BOTTOM + 4, foot, { ...style, anchor: 'end' });
  // Epochs are counted from 1; steps are whole epochs.
  const [low, high] = picture.inSeconds ? [span.low, span.high] : [span.low + 1, span.high + 1];
  const step = Math.max(
    picture.inSeconds ? 0 : 1,
    niceStep((high - low) / Math.max(1, Math.floor((width - LEFT - RIGHT) / 70))),
  );
  for (const { value, label } of linearTicks(
    low,
    high,
    picture.inSeconds ? step : Math.ceil(step),
  )) {
    pen.text(
      xOf(picture, picture.inSeconds ? value : value - 1),
      height - BOTTOM + 18,
      picture.inSeconds ? chartText.seconds(value) : label,
      {
        ...style,
        anchor: 'middle',
      },
    );
  }
  if (picture.framed === true) return;
  pen.text(LEFT, height - 8, chartText.valueAxis(population), style);
  pen.text(width - RIGHT, height - 8, picture.inSeconds ? words.seconds : words.epoch, {
    ...style,
    anchor: 'end',
  });
}

/** Draws from the outside inwards, so that the middle fifth is the darkest. */
function drawBands(pen: Pen, picture: CurvesPicture, { steps, values }: Deciles): void {
  const { palette } = picture;
  const tops = values[0]?.length ?? 0;
  for (let band = 0; band < Math.floor(tops / 2); band++) {
    pen.begin();
    for (const [i, step] of steps.entries()) {
      const [x, y] = [xOf(picture, picture.at(-1, step)), yOf(picture, at(at(values, i), band))];
      if (i === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    for (let i = steps.length - 1; i >= 0; i--)
      pen.lineTo(
        xOf(picture, picture.at(-1, at(steps, i))),
        yOf(picture, at(at(values, i), tops - 1 - band)),
      );
    pen.close();
    pen.fill(palette.text3, 0.09);
  }
  pen.begin();
  for (const [i, step] of steps.entries()) {
    const [x, y] = [
      xOf(picture, picture.at(-1, step)),
      yOf(picture, at(at(values, i), Math.floor(tops / 2))),
    ];
    if (i === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  }
  pen.stroke(palette.text3, 1.25);
}

function trace(pen: Pen, picture: CurvesPicture, line: Line): void {
  let open = false;
  for (let i = 0; i < line.length; i++) {
    const value = line.values[i];
    if (value === null || value === undefined || !Number.isFinite(value)) {
      open = false;
      continue;
    }
    const [x, y] = [xOf(picture, picture.at(line.trial, line.steps[i] ?? i)), yOf(picture, value)];
    if (open) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    open = true;
  }
}

/** Draws curves of a single report, which have no line, as dots. */
function drawSinglePoints(
  pen: Pen,
  picture: CurvesPicture,
  lines: readonly Line[],
  colour: string,
  opacity: number,
): void {
  pen.begin();
  for (const line of lines) {
    const end =
      line.length === 1 && !picture.population.atChance(line.trial)
        ? lastPoint(picture, line)
        : null;
    if (end !== null) pen.circle(end.x, end.y, 3);
  }
  pen.fill(colour, opacity);
}

/** Last finite point of a curve; null when it has none. */
export function lastPoint(
  picture: CurvesPicture,
  line: Line,
): { readonly x: number; readonly y: number; readonly step: number } | null {
  for (let i = line.length - 1; i >= 0; i--) {
    const value = line.values[i];
    const step = line.steps[i] ?? i;
    if (value !== null && value !== undefined && Number.isFinite(value)) {
      return { x: xOf(picture, picture.at(line.trial, step)), y: yOf(picture, value), step };
    }
  }
  return null;
}

/**
 * Draws ⊤ where a trial was pruned, a wave where it diverged, an outline where it ended at chance
 * level.
 */
function drawEnd(pen: Pen, picture: CurvesPicture, line: Line): void {
  const { population, palette } = picture;
  const { table } = population;
  const [pruned, diverged] = [
    table.state(line.trial) === 'pruned',
    table.outcome(line.trial) === 'diverged',
  ];
  const atChance = population.atChance(line.trial);
  const end = pruned || diverged || atChance ? lastPoint(picture, line) : null;
  if (end === null) return;
  if (atChance)
    hollowMark(
      pen,
      shapeOf(population.operator(line.trial)),
      end.x,
      end.y,
      8,
      palette.text3,
      palette.canvas,
    );
  else if (pruned) prunedMark(pen, end.x, end.y, picture.palette.pruned);
  else divergedMark(pen, end.x + 4, end.y - 3, picture.palette.diverged);
}

function drawLabels(
  pen: Pen,
  picture: CurvesPicture,
  running: readonly Line[],
  selected: number | null,
  hovered: number | null,
): void {
  const { palette, population, lines } = picture;
  const wanted: { x: number; y: number; text: string; colour: string; rank: number }[] = [];
  const add = (line: Line | undefined, text: string, colour: string, rank: number): void => {
    const end = line === undefined ? null : lastPoint(picture, line);
    if (end !== null) wanted.push({ x: end.x, y: end.y, text, colour, rank });
  };
  const { best } = population;
  if (best !== null)
    add(
      lines.find(({ trial }) => trial === best),
      words.best({ trial: best }),
      palette.text,
      0,
    );
  for (const number of [selected, hovered]) {
    if (number !== null && number !== best)
      add(
        lines.find(({ trial }) => trial === number),
        String(number),
        number === selected ? palette.accent : palette.text,
        1,
      );
  }
  for (const line of running)
    if (line.trial !== selected && line.trial !== hovered)
      add(line, String(line.trial), palette.accent, 2);
  const followed = new Set([best, selected, hovered, ...running.map(({ trial }) => trial)]);
  const curves = lines
    .filter(({ trial }) => followed.has(trial))
    .map((line) => pointsOf(picture, line));
  const placed: Box[] = [];
  for (const { x, y, text, colour } of wanted.sort((a, b) => a.rank - b.rank)) {
    const box = placeBeside(x, y, text.length * CHARACTER, placed, curves, picture);
    if (box === null) continue;
    placed.push(box);
    // Pale curves may pass below: the number stands on a plate in the background colour.
    pen.begin();
    pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    pen.fill(palette.canvas, 0.85);
    pen.text(box.left + 1, box.bottom - 2, text, {
      colour,
      size: 11,
      weight: 600,
      halo: palette.canvas,
    });
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Width of a character of a label, in px. */
const CHARACTER = 6.6;
/** Height of a label, and its distance from the end of its curve, in px. */
const [LABEL, APART] = [13, 5];
/**
 * Maximum number of followed curves that the placement of labels avoids; beyond it that would be
 * too slow.
 */
const MOST_CURVES = 40;

/**
 * Position beside the end of a curve where a label covers no other label and the fewest followed
 * curves; null when other labels take every position.
 */
function placeBeside(
  x: number,
  y: number,
  width: number,
  placed: readonly Box[],
  curves: readonly (readonly Point[])[],
  { width: room, height }: CurvesPicture,
): Box | null {
  const [right, left] = [x + APART, x - APART - width];
  const corners = [
    [right, y - LABEL / 2],
    [right, y - LABEL - 1],
    [right, y + 1],
    [left, y - LABEL - 3],
    [left, y + 3],
  ] as const;
  let [found, fewest]: [Box | null, number] = [null, Infinity];
  for (const [from, top] of corners) {
    const box = { left: from, top, right: from + width, bottom: top + LABEL };
    if (box.left < LEFT || box.right > room || box.top < 0 || box.bottom > height - BOTTOM + 6)
      continue;
    if (placed.some((other) => overlap(box, other))) continue;
    const crossing =
      curves.length > MOST_CURVES ? 0 : curves.filter((points) => crosses(points, box)).length;
    if (crossing < fewest) [found, fewest] = [box, crossing];
    if (fewest === 0) break;
  }
  return found;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointsOf(picture: CurvesPicture, line: Line): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < line.length; i++) {
    const value = line.values[i];
    if (value !== null && value !== undefined && Number.isFinite(value))
      points.push({
        x: xOf(picture, picture.at(line.trial, line.steps[i] ?? i)),
        y: yOf(picture, value),
      });
  }
  return points;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Returns whether a curve passes through a box. */
function crosses(points: readonly Point[], box: Box): boolean {
  return points.some((to, i) => {
    const from = points[i - 1] ?? to;
    // The part of the segment within the horizontal extent of the box.
    const [start, end] = [Math.max(box.left, from.x), Math.min(box.right, to.x)];
    if (start > end) return false;
    const heightAt = (x: number): number =>
      to.x === from.x ? to.y : from.y + ((x - from.x) / (to.x - from.x)) * (to.y - from.y);
    const [one, other] = [heightAt(start), heightAt(end)];
    return Math.max(one, other) > box.top && Math.min(one, other) < box.bottom;
  });
}
