/** A chart as a file: vectors, or pixels at a chosen scale. */
import { CanvasPen } from './canvas-pen.ts';
import { drawFigure, figureSize } from './figure.ts';
import type { Figure, Inside } from './figure.ts';
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

export interface Drawn extends Inside {
  /** One sentence of what is to be seen. */
  readonly summary: string;
  readonly figure: Figure;
}

/** @param drawn asked at the time of the export, so that the file is what is seen then */
export function chartExport(name: string, drawn: () => Drawn): ChartExport {
  return {
    name,
    toSvg: () => svgDocument(name, drawn()),
    toPng: (scale) => png(drawn(), scale),
  };
}

function svgDocument(name: string, drawn: Drawn): string {
  const { width, height } = figureSize(drawn.figure, drawn);
  const { palette, summary } = drawn;
  const pen = new SvgPen(name);
  pen.begin();
  pen.rect(0, 0, width, height);
  pen.fill(palette.canvas);
  drawFigure(pen, drawn.figure, drawn);
  const font = palette.font.replaceAll('"', "'").replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const said = summary.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-variant-numeric="tabular-nums"><title>${said}</title>${pen.content}</svg>\n`;
}

async function png(drawn: Drawn, scale: number): Promise<Blob> {
  const { width, height } = figureSize(drawn.figure, drawn);
  const { palette } = drawn;
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this window cannot draw images: it has no 2-D canvas');
  context.scale(scale, scale);
  context.fillStyle = palette.canvas;
  context.fillRect(0, 0, width, height);
  drawFigure(new CanvasPen(context, palette.font), drawn.figure, drawn);
  return await canvas.convertToBlob({ type: 'image/png' });
}
