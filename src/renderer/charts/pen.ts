/**
 * Drawing interface of the charts. The same calls paint a canvas (`canvas-pen.ts`) or write vectors
 * (`svg-pen.ts`), so an export looks like the window. A shape is begun, outlined, then filled or
 * stroked any number of times.
 */

export interface TextStyle {
  readonly colour: string;
  /** Font size in px. */
  readonly size: number;
  readonly weight?: 400 | 500 | 600;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Colour of an outline that separates the text from its background. */
  readonly halo?: string;
  /** True if the text reads upwards, rotated about its anchor. */
  readonly turned?: boolean;
}

export interface Pen {
  begin(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  curveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void;
  close(): void;
  circle(x: number, y: number, radius: number): void;
  /** Adds an arc, clockwise from angle to angle, in radians from the right. */
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  fill(colour: string, opacity?: number): void;
  stroke(colour: string, width: number, opacity?: number, dash?: readonly number[]): void;
  /** Writes text with its baseline at `y`. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** Calls `draw` with the origin moved to the point. */
  moved(x: number, y: number, draw: () => void): void;
  /** Calls `draw` and clips its output to the rectangle. */
  clip(x: number, y: number, width: number, height: number, draw: () => void): void;
}
