/**
 * Implements `Pen` as SVG vectors, with colours as attributes, so that the output needs no style
 * sheet.
 */
import type { Pen, TextStyle } from './pen.ts';

export class SvgPen implements Pen {
  #parts: string[] = [];
  #path = '';
  #clips = 0;
  readonly #name: string;

  /** @param name distinguishes its clipping regions from those of other drawings on the page */
  constructor(name: string) {
    this.#name = name;
  }

  /** The drawing, as the content of an `<svg>` element. */
  get content(): string {
    return this.#parts.join('');
  }

  begin(): void {
    this.#path = '';
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${at(x)} ${at(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `L${at(x)} ${at(y)}`;
  }

  curveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.#path += `C${at(x1)} ${at(y1)} ${at(x2)} ${at(y2)} ${at(x)} ${at(y)}`;
  }

  close(): void {
    this.#path += 'Z';
  }

  circle(x: number, y: number, radius: number): void {
    const r = at(radius);
    this.#path += `M${at(x - radius)} ${at(y)}a${r} ${r} 0 1 0 ${at(2 * radius)} 0a${r} ${r} 0 1 0 ${at(-2 * radius)} 0Z`;
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const turn = Math.min(to - from, 2 * Math.PI - 1e-3);
    const r = at(radius);
    this.#path += `M${at(x + radius * Math.cos(from))} ${at(y + radius * Math.sin(from))}`;
    const end = from + turn;
    this.#path += `A${r} ${r} 0 ${turn > Math.PI ? 1 : 0} 1 ${at(x + radius * Math.cos(end))} ${at(y + radius * Math.sin(end))}`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${at(x)} ${at(y)}h${at(width)}v${at(height)}h${at(-width)}Z`;
  }

  fill(colour: string, opacity = 1): void {
    if (this.#path === '') return;
    this.#parts.push(
      `<path d="${this.#path}" fill="${escaped(colour)}"${opacity < 1 ? ` fill-opacity="${at(opacity)}"` : ''}/>`,
    );
  }

  stroke(colour: string, width: number, opacity = 1, dash?: readonly number[]): void {
    if (this.#path === '') return;
    const faint = opacity < 1 ? ` stroke-opacity="${at(opacity)}"` : '';
    const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash.map(at).join(' ')}"`;
    this.#parts.push(
      `<path d="${this.#path}" fill="none" stroke="${escaped(colour)}" stroke-width="${at(width)}" stroke-linejoin="round"${faint}${dashes}/>`,
    );
  }

  text(
    x: number,
    y: number,
    text: string,
    { colour, size, weight = 400, anchor = 'start', halo, turned = false }: TextStyle,
  ): void {
    const turn = turned ? ` transform="rotate(-90 ${at(x)} ${at(y)})"` : '';
    const rim =
      halo === undefined
        ? ''
        : ` stroke="${escaped(halo)}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;
    this.#parts.push(
      `<text x="${at(x)}" y="${at(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${escaped(colour)}"${rim}${turn}>${escaped(text)}</text>`,
    );
  }

  moved(x: number, y: number, draw: () => void): void {
    this.#parts.push(`<g transform="translate(${at(x)} ${at(y)})">`);
    draw();
    this.#parts.push('</g>');
  }

  clip(x: number, y: number, width: number, height: number, draw: () => void): void {
    this.#clips += 1;
    const id = `${this.#name}-clip-${this.#clips}`;
    this.#parts.push(
      `<clipPath id="${id}"><rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"/></clipPath>`,
    );
    this.#parts.push(`<g clip-path="url(#${id})">`);
    draw();
    this.#parts.push('</g>');
  }
}

/** Rounds to two decimals, a hundredth of a pixel. */
function at(number: number): string {
  return String(Math.round(number * 100) / 100);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
