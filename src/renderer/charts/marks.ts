/**
 * Draws the marks of trials: one shape for each operator, one glyph for each state. Sizes are in
 * px.
 */
import type { Pen } from './pen.ts';

export type Shape = 'circle' | 'square' | 'diamond' | 'triangle';

/**
 * Circle: founder. Square: mutation. Diamond: crossover, or copy of another member. Triangle: any
 * other operator, named on hover.
 */
export function shapeOf(operator: string): Shape {
  if (operator.startsWith('crossover') || operator === 'copy') return 'diamond';
  if (operator.startsWith('mutation')) return 'square';
  return founders.has(operator) ? 'circle' : 'triangle';
}

const founders: ReadonlySet<string> = new Set([
  'latin-hypercube',
  'uniform',
  'random',
  'grid',
  'initial',
]);

/** Outlines in a box of 10 × 10, as the `d` of an SVG path. */
export const OUTLINES: Readonly<Record<Shape, string>> = {
  circle: 'M1 5 A4 4 0 1 1 9 5 A4 4 0 1 1 1 5 Z',
  square:
    'M1.75 1.25 H8.25 A0.5 0.5 0 0 1 8.75 1.75 V8.25 A0.5 0.5 0 0 1 8.25 8.75 H1.75 A0.5 0.5 0 0 1 1.25 8.25 V1.75 A0.5 0.5 0 0 1 1.75 1.25 Z',
  diamond: 'M5 0 L10 5 L5 10 L0 5 Z',
  triangle: 'M5 0.8 L9.6 9 H0.4 Z',
};

/** Adds the outline of a mark to the path; shapes of equal diameter look equally large. */
export function outline(pen: Pen, shape: Shape, x: number, y: number, diameter: number): void {
  const r = diameter / 2;
  switch (shape) {
    case 'circle':
      pen.circle(x, y, r);
      return;
    case 'square':
      pen.rect(x - r * 0.89, y - r * 0.89, r * 1.78, r * 1.78);
      return;
    case 'diamond': {
      const d = r * 1.25;
      pen.moveTo(x, y - d);
      pen.lineTo(x + d, y);
      pen.lineTo(x, y + d);
      pen.lineTo(x - d, y);
      pen.close();
      return;
    }
    case 'triangle':
      pen.moveTo(x, y - r * 1.2);
      pen.lineTo(x + r * 1.1, y + r * 0.8);
      pen.lineTo(x - r * 1.1, y + r * 0.8);
      pen.close();
      return;
  }
}

export function mark(
  pen: Pen,
  shape: Shape,
  x: number,
  y: number,
  diameter: number,
  colour: string,
  rim: string,
): void {
  pen.begin();
  outline(pen, shape, x, y, diameter);
  pen.stroke(rim, 2.5);
  pen.fill(colour);
}

/** Draws a trial at chance level, as an outline. */
export function hollowMark(
  pen: Pen,
  shape: Shape,
  x: number,
  y: number,
  diameter: number,
  colour: string,
  rim: string,
): void {
  pen.begin();
  outline(pen, shape, x, y, diameter - 1.5);
  pen.fill(rim);
  pen.stroke(colour, 1.5);
}

/** @param part fraction of the trial's epochs that is done, 0 to 1 */
export function runningRing(
  pen: Pen,
  x: number,
  y: number,
  part: number,
  colour: string,
  rim: string,
): void {
  pen.begin();
  pen.circle(x, y, 5);
  pen.fill(rim);
  pen.stroke(colour, 2, 0.3);
  pen.begin();
  pen.arc(x, y, 5, -Math.PI / 2, -Math.PI / 2 + Math.max(0.06, Math.min(1, part)) * 2 * Math.PI);
  pen.stroke(colour, 2);
}

type Point = readonly [x: number, y: number];

/** Draws a dashed ring at each point, as one path. */
export function waitingRings(pen: Pen, points: Iterable<Point>, colour: string): void {
  pen.begin();
  for (const [x, y] of points) pen.circle(x, y, 4);
  pen.stroke(colour, 1.25, 1, [1.9, 2.1]);
}

/** Draws two bars at each point, as one path: these trials are paused at a rung. */
export function pausedMarks(pen: Pen, points: Iterable<Point>, colour: string): void {
  pen.begin();
  for (const [x, y] of points)
    for (const bar of [x - 2, x + 2]) {
      pen.moveTo(bar, y - 3.5);
      pen.lineTo(bar, y + 3.5);
    }
  pen.stroke(colour, 2);
}

/** Draws the sign ⊤: the trial was cut off. */
export function prunedMark(pen: Pen, x: number, y: number, colour: string): void {
  pen.begin();
  pen.moveTo(x - 4, y - 3);
  pen.lineTo(x + 4, y - 3);
  pen.moveTo(x, y - 3);
  pen.lineTo(x, y + 4);
  pen.stroke(colour, 1.75);
}

export function failedMark(pen: Pen, x: number, y: number, colour: string): void {
  pen.begin();
  pen.moveTo(x - 3.5, y - 3.5);
  pen.lineTo(x + 3.5, y + 3.5);
  pen.moveTo(x + 3.5, y - 3.5);
  pen.lineTo(x - 3.5, y + 3.5);
  pen.stroke(colour, 1.75);
}

/** Draws a rising wave. */
export function divergedMark(pen: Pen, x: number, y: number, colour: string): void {
  pen.begin();
  pen.moveTo(x - 5, y + 4);
  pen.curveTo(x - 3.6, y - 1, x - 2.4, y - 2.4, x - 1.2, y + 0.6);
  pen.curveTo(x - 0.2, y + 3, x + 1, y + 2.4, x + 1.6, y - 0.6);
  pen.curveTo(x + 2.3, y - 3.2, x + 3.4, y - 4, x + 5, y - 4);
  pen.stroke(colour, 1.75);
}

/** Adds the curve from a parent to its child, horizontal at both ends. */
export function link(pen: Pen, x1: number, y1: number, x2: number, y2: number): void {
  const bend = Math.max(8, (x2 - x1) / 2);
  pen.moveTo(x1, y1);
  pen.curveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
}
