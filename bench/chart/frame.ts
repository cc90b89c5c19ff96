/** Common parts of every chart: headline, grid, axes with their names, and the plot area. */
import { FAINT, GRID, INK, line, words } from './svg.ts';
import { tickLabels } from './scale.ts';
import type { Scale } from './scale.ts';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The headline names the content, the lines below it the conditions. */
export function headline(title: string, under: readonly string[]): readonly string[] {
  return [
    words(20, 30, title, { 'font-size': 17, 'font-weight': 600 }),
    ...under.map((text, i) => words(20, 52 + 18 * i, text, { fill: FAINT })),
  ];
}

/** Height of that headline. */
export function headlineHeight(under: readonly string[]): number {
  return 52 + 18 * under.length;
}

/** Horizontal grid lines with their values at the left, and the axis' name above them. */
export function valueAxis(
  { left, right, top }: Box,
  scale: Scale,
  name: string,
): readonly string[] {
  const labels = tickLabels(scale.ticks);
  return [
    ...scale.ticks.flatMap((tick, i) => [
      line(left, scale.at(tick), right, scale.at(tick), { stroke: i === 0 ? INK : GRID }),
      words(left - 8, scale.at(tick) + 4, labels[i] ?? '', {
        'text-anchor': 'end',
        'font-size': 12,
        fill: FAINT,
      }),
    ]),
    words(left - 40, top - 14, name, { 'font-size': 12, fill: FAINT }),
  ];
}

/** Ticks below the area, and the axis' name below them. */
export function positionAxis(
  { left, right, bottom }: Box,
  scale: Scale,
  name: string,
): readonly string[] {
  const labels = tickLabels(scale.ticks);
  return [
    ...scale.ticks.flatMap((tick, i) => [
      line(scale.at(tick), bottom, scale.at(tick), bottom + 5, { stroke: INK }),
      words(scale.at(tick), bottom + 20, labels[i] ?? '', {
        'text-anchor': 'middle',
        'font-size': 12,
        fill: FAINT,
      }),
    ]),
    words((left + right) / 2, bottom + 40, name, {
      'text-anchor': 'middle',
      'font-size': 12,
      fill: FAINT,
    }),
  ];
}
