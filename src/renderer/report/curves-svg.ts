/** Learning curves of a report's best trials as one SVG document, the best curve on top. */
import type { TrialCurve } from '../../protocol/window/reading.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import { chartExport } from '../charts/export.ts';
import { paperPalette } from '../charts/palette.ts';
import type { Palette } from '../charts/palette.ts';
import type { Pen } from '../charts/pen.ts';
import {
  domainOf,
  floorOf,
  linearTicks,
  niceCountStep,
  scaleKindFor,
  valueScale,
  valueTicks,
} from '../charts/scales.ts';
import type { ValueScale } from '../charts/scales.ts';
import { capitalised, studyFigure } from '../charts/study-figure.ts';
import { text } from '../text.ts';
import { chartText } from '../text-of-charts.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [760, 320, 48, 28, 12, 12];

/**
 * @param curves the best trial's curve first
 * @param paletteOf returns the palette; called only when there is something to draw
 * @returns null when no curve has two points
 */
export function curvesSvg(
  head: StudyHead,
  curves: readonly Pick<TrialCurve, 'steps' | 'values'>[],
  paletteOf: () => Palette = paperPalette,
): string | null {
  const lines = curves.map(pointsOf).filter((points) => points.length > 1);
  const values = lines.flatMap((points) => points.map(([, value]) => value));
  const kind = scaleKindFor(head.metric, head.direction, Math.min(...values));
  const domain = domainOf(values, head.direction, kind, null);
  if (lines.length === 0 || domain === null) return null;
  const scale = valueScale(
    kind,
    domain.worst,
    domain.best,
    floorOf(kind, values),
    head.metric,
    head.direction,
  );
  const title = chartText.valueAxis(head);
  return chartExport('report-curves', () => ({
    width: WIDTH,
    height: HEIGHT,
    palette: paletteOf(),
    summary: text.report.curves({ trials: lines.length }),
    figure: {
      ...studyFigure(head),
      title: text.report.curves({ trials: lines.length }),
      xTitle: capitalised(chartText.curves.epoch),
      yTitle: title,
      legend: [],
      colours: null,
    },
    draw: (pen, palette) => drawLines(pen, palette, scale, lines),
  })).toSvg();
}

type Points = readonly (readonly [step: number, value: number])[];

function pointsOf({ steps, values }: Pick<TrialCurve, 'steps' | 'values'>): Points {
  const points: [number, number][] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== null && value !== undefined && Number.isFinite(value))
      points.push([steps[i] ?? i, value]);
  }
  return points;
}

function drawLines(pen: Pen, palette: Palette, scale: ValueScale, lines: readonly Points[]): void {
  const last = Math.max(1, ...lines.flatMap((points) => points.map(([step]) => step)));
  const x = (step: number): number => LEFT + (step / last) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - Math.max(0, scale.unit(value)) * (HEIGHT - TOP - BOTTOM);
  for (const { value, label } of valueTicks(scale, 0.12)) {
    pen.begin();
    pen.moveTo(LEFT, y(value));
    pen.lineTo(WIDTH - RIGHT, y(value));
    pen.stroke(palette.grid, 1);
    pen.text(LEFT - 8, y(value) + 4, label, { size: 11, colour: palette.text3, anchor: 'end' });
  }
  for (const { value, label } of linearTicks(1, last + 1, niceCountStep(last / 10)))
    pen.text(x(value - 1), HEIGHT - BOTTOM + 18, label, {
      size: 11,
      colour: palette.text3,
      anchor: 'middle',
    });
  for (const [place, points] of [...lines.entries()].reverse()) {
    pen.begin();
    for (const [i, [step, value]] of points.entries()) {
      if (i === 0) pen.moveTo(x(step), y(value));
      else pen.lineTo(x(step), y(value));
    }
    if (place === 0) pen.stroke(palette.accent, 2.5);
    else pen.stroke(palette.text2, 1.25, 0.6);
  }
}
