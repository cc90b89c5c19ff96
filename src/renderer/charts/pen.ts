/**
 * What charts draw with: the same calls paint a canvas (`canvas-pen.ts`) or write vectors
 * (`svg-pen.ts`), so that what is exported is what is seen. A shape is begun, outlined, then filled
 * or stroked as often as wanted.
 */

export interface TextStyle {
  readonly colour: string;
  /** Px. */
  readonly size: number;
  readonly weight?: 400 | 500 | 600;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Colour of a rim that parts the text from what is behind it. */
  readonly halo?: string;
  /** Reads upwards, turned about its anchor. */
  readonly turned?: boolean;
}

export interface Pen {
  begin(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  curveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void;
  close(): void;
  circle(x: number, y: number, radius: number): void;
  /** Clockwise from angle to angle, in radians from the right. */
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  fill(colour: string, opacity?: number): void;
  stroke(colour: string, width: number, opacity?: number, dash?: readonly number[]): void;
  /** `y` is the baseline. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** Draws with the origin moved there. */
  moved(x: number, y: number, draw: () => void): void;
  /** What `draw` draws is seen inside the rectangle only. */
  clip(x: number, y: number, width: number, height: number, draw: () => void): void;
}
