/** Implements `Pen` on a canvas. */
import type { Pen, TextStyle } from './pen.ts';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export class CanvasPen implements Pen {
  readonly #context: Context;
  readonly #font: string;

  constructor(context: Context, font: string) {
    this.#context = context;
    this.#font = font;
    context.lineJoin = 'round';
  }

  begin(): void {
    this.#context.beginPath();
  }

  moveTo(x: number, y: number): void {
    this.#context.moveTo(x, y);
  }

  lineTo(x: number, y: number): void {
    this.#context.lineTo(x, y);
  }

  curveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.#context.bezierCurveTo(x1, y1, x2, y2, x, y);
  }

  close(): void {
    this.#context.closePath();
  }

  circle(x: number, y: number, radius: number): void {
    this.#context.moveTo(x + radius, y);
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    this.#context.moveTo(x + radius * Math.cos(from), y + radius * Math.sin(from));
    this.#context.arc(x, y, radius, from, to);
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#context.rect(x, y, width, height);
  }

  fill(colour: string, opacity = 1): void {
    this.#context.globalAlpha = opacity;
    this.#context.fillStyle = colour;
    this.#context.fill();
  }

  stroke(colour: string, width: number, opacity = 1, dash?: readonly number[]): void {
    const context = this.#context;
    context.globalAlpha = opacity;
    context.strokeStyle = colour;
    context.lineWidth = width;
    if (dash !== undefined) context.setLineDash([...dash]);
    context.stroke();
    if (dash !== undefined) context.setLineDash([]);
  }

  moved(x: number, y: number, draw: () => void): void {
    const context = this.#context;
    context.save();
    context.translate(x, y);
    draw();
    context.restore();
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const context = this.#context;
    if (style.turned === true) {
      context.save();
      context.translate(x, y);
      context.rotate(-Math.PI / 2);
      this.text(0, 0, text, { ...style, turned: false });
      context.restore();
      return;
    }
    context.globalAlpha = 1;
    context.font = `${style.weight ?? 400} ${style.size}px ${this.#font}`;
    context.textAlign = style.anchor === 'middle' ? 'center' : (style.anchor ?? 'start');
    if (style.halo !== undefined) {
      context.strokeStyle = style.halo;
      context.lineWidth = 4;
      context.strokeText(text, x, y);
    }
    context.fillStyle = style.colour;
    context.fillText(text, x, y);
  }

  clip(x: number, y: number, width: number, height: number, draw: () => void): void {
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    draw();
    context.restore();
  }
}
