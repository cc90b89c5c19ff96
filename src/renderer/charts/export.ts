/** Exports a chart as SVG, or as PNG at a chosen scale. */
import { CanvasPen } from './canvas-pen.ts';
import { drawFigure, figureSize } from './figure.ts';
import type { Figure, Inside } from './figure.ts';
import { SvgPen } from './svg-pen.ts';

/** The interface of the current chart for the export menu. */
export interface ChartExport {
  /** Name of the view, used in the file name: `evolution`, `space`, `curves`. */
  readonly name: string;
  /** A complete SVG document including fonts and colours. */
  toSvg(): string;
  /** @param scale image pixels per pixel of the window, for example 2 */
  toPng(scale: number): Promise<Blob>;
}

export interface Drawn extends Inside {
  /** Summary of the chart in one sentence. */
  readonly summary: string;
  readonly figure: Figure;
}

/** @param drawn called at the time of the export, so that the file shows the current chart */
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
  const escapedSummary = summary.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-variant-numeric="tabular-nums"><title>${escapedSummary}</title>${pen.content}</svg>\n`;
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
