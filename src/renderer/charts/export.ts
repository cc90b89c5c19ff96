/** A chart as a file: vectors, or pixels at a chosen scale. */
import { CanvasPen } from './canvas-pen.ts';
import type { Palette } from './palette.ts';
import type { Pen } from './pen.ts';
import { SvgPen } from './svg-pen.ts';

/** What the export menu asks of the chart in front. */
export interface ChartExport {
  /** What it shows, for the name of the file: `evolution`, `space`, `curves`. */
  readonly name: string;
  /** A whole SVG document; fonts and colours are in it. */
  toSvg(): string;
  /** @param scale pixels of the image a pixel of the window, e.g. 2 */
  toPng(scale: number): Promise<Blob>;
}

export interface Drawn {
  readonly width: number;
  readonly height: number;
  /** One sentence of what is to be seen. */
  readonly summary: string;
  readonly palette: Palette;
  readonly draw: (pen: Pen) => void;
}

/** @param drawn asked at the time of the export, so that the file is what is seen then */
export function chartExport(name: string, drawn: () => Drawn): ChartExport {
  return {
    name,
    toSvg: () => svgDocument(name, drawn()),
    toPng: (scale) => png(drawn(), scale),
  };
}

function svgDocument(name: string, { width, height, summary, palette, draw }: Drawn): string {
  const pen = new SvgPen(name);
  pen.begin();
  pen.rect(0, 0, width, height);
  pen.fill(palette.canvas);
  draw(pen);
  const font = palette.font.replaceAll('"', "'").replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const said = summary.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-variant-numeric="tabular-nums"><title>${said}</title>${pen.content}</svg>\n`;
}

async function png({ width, height, palette, draw }: Drawn, scale: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this window cannot draw images: it has no 2-D canvas');
  context.scale(scale, scale);
  context.fillStyle = palette.canvas;
  context.fillRect(0, 0, width, height);
  draw(new CanvasPen(context, palette.font));
  return await canvas.convertToBlob({ type: 'image/png' });
}
