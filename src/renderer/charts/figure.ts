/**
 * The frame of an exported chart: title, legend, axis titles and a colour bar around the drawing.
 */
import type { Palette } from './palette.ts';
import type { Pen } from './pen.ts';
import { valueTicks } from './scales.ts';
import type { ValueScale } from './scales.ts';
import { SHADES } from './value-colours.ts';

export interface LegendEntry {
  readonly label: string;
  /** Draws the mark that the label explains, centred at a point. */
  readonly draw: (pen: Pen, x: number, y: number, palette: Palette) => void;
}

export interface Figure {
  readonly title: string;
  /** One line under the title with the study's result. */
  readonly subtitle: string;
  /** Null when the drawing contains the axis title itself. */
  readonly xTitle: string | null;
  readonly yTitle: string | null;
  readonly legend: readonly LegendEntry[];
  /** Null when no mark is coloured by value. */
  readonly colours: { readonly title: string; readonly scale: ValueScale } | null;
}

export interface Inside {
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
  readonly draw: (pen: Pen, palette: Palette) => void;
}

const [MARGIN, HEAD, ROW, Y_TITLE, X_TITLE, BAR] = [16, 58, 20, 26, 28, 92];
const BAR_WIDTH = 12;
/** Width of a character of the legend, and of a mark with the gap after it, in px. */
const [CHARACTER, MARK] = [6.6, 40];

/** Breaks the legend into rows, as many entries in each as fit. */
function rowsOf(
  legend: readonly LegendEntry[],
  width: number,
): readonly (readonly LegendEntry[])[] {
  const rows: LegendEntry[][] = [];
  let used = Infinity;
  for (const entry of legend) {
    const own = entry.label.length * CHARACTER + MARK;
    if (used + own > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(entry);
    used += own;
  }
  return rows;
}

/** Position of the drawing in the figure, and the size of the figure, in px. */
export function figureSize(figure: Figure, { width, height }: Pick<Inside, 'width' | 'height'>) {
  const left = MARGIN / 2 + (figure.yTitle === null ? 0 : Y_TITLE);
  const top = HEAD + rowsOf(figure.legend, width).length * ROW;
  return {
    left,
    top,
    width: left + width + (figure.colours === null ? MARGIN / 2 : BAR),
    height: top + height + (figure.xTitle === null ? MARGIN / 2 : X_TITLE),
  };
}

export function drawFigure(
  pen: Pen,
  figure: Figure,
  { width, height, palette, draw }: Inside,
): void {
  const { left, top } = figureSize(figure, { width, height });
  pen.text(MARGIN, 28, figure.title, { colour: palette.text, size: 16, weight: 600 });
  pen.text(MARGIN, 47, figure.subtitle, { colour: palette.text2, size: 12 });
  for (const [row, entries] of rowsOf(figure.legend, width).entries()) {
    let x = MARGIN + 8;
    const y = HEAD + row * ROW + ROW / 2;
    for (const { label, draw: drawMark } of entries) {
      drawMark(pen, x, y, palette);
      pen.text(x + 14, y + 4, label, { colour: palette.text2, size: 12 });
      x += label.length * CHARACTER + MARK;
    }
  }
  pen.moved(left, top, () => draw(pen, palette));
  const style = { colour: palette.text, size: 13, anchor: 'middle' } as const;
  if (figure.yTitle !== null)
    pen.text(MARGIN + 8, top + height / 2, figure.yTitle, { ...style, turned: true });
  if (figure.xTitle !== null) pen.text(left + width / 2, top + height + 16, figure.xTitle, style);
  if (figure.colours !== null)
    drawBar(pen, figure.colours, palette, {
      x: left + width + 8,
      y: top + 16,
      height: height - 64,
    });
}

function drawBar(
  pen: Pen,
  { title, scale }: NonNullable<Figure['colours']>,
  palette: Palette,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
): void {
  const step = height / SHADES;
  for (let shade = 0; shade < SHADES; shade++) {
    pen.begin();
    pen.rect(x, y + height - (shade + 1) * step, BAR_WIDTH, step + 0.5);
    pen.fill(palette.values.shades[shade] ?? palette.text);
  }
  for (const { value, label } of valueTicks(scale, 40 / Math.max(40, height))) {
    const at = y + height - Math.max(0, Math.min(1, scale.unit(value))) * height;
    pen.begin();
    pen.moveTo(x + BAR_WIDTH, at);
    pen.lineTo(x + BAR_WIDTH + 4, at);
    pen.stroke(palette.control, 1);
    pen.text(x + BAR_WIDTH + 8, at + 4, label, { colour: palette.text2, size: 11 });
  }
  pen.text(x + 72, y + height / 2, title, {
    colour: palette.text,
    size: 13,
    anchor: 'middle',
    turned: true,
  });
}

/** A legend entry whose mark is a short line. */
export function lineEntry(
  label: string,
  colour: (palette: Palette) => string,
  width: number,
  opacity = 1,
  dash?: readonly number[],
): LegendEntry {
  return {
    label,
    draw(pen, x, y, palette) {
      pen.begin();
      pen.moveTo(x - 8, y);
      pen.lineTo(x + 8, y);
      pen.stroke(colour(palette), width, opacity, dash);
    },
  };
}
