/**
 * Draws every value as a dot, one column for each group, with mean, deviation and a reference line.
 */
import { mean, deviation } from '../statistics.ts';
import { headline, headlineHeight, valueAxis } from './frame.ts';
import { linear, niceTicks } from './scale.ts';
import type { Scale } from './scale.ts';
import { element, FAINT, INK, line, PAPER, picture, words } from './svg.ts';

export interface DotGroup {
  /** Lines of text below the column. */
  readonly label: readonly string[];
  readonly colour: string;
  readonly values: readonly number[];
  /** Published value of the same quantity; `deviation` 0: unknown. */
  readonly reference?: { readonly value: number; readonly deviation: number } | undefined;
}

export interface DotPlot {
  readonly title: string;
  readonly under: readonly string[];
  readonly valueName: string;
  readonly groups: readonly DotGroup[];
  /** Name of the references in the legend. */
  readonly referenceName?: string;
  readonly format: (value: number) => string;
  /**
   * Values below it are drawn as triangles on this line, with their value, so that a few outliers
   * do not flatten the chart.
   */
  readonly floor?: number;
}

const COLUMN = 185;
const HEIGHT = 300;

export function dotPlot({
  title,
  under,
  valueName,
  groups,
  referenceName,
  format,
  floor = -Infinity,
}: DotPlot): string {
  const width = Math.max(680, 100 + COLUMN * groups.length);
  const top = headlineHeight(under) + 46;
  const lines = Math.max(...groups.map(({ label }) => label.length));
  const box = { left: 64, right: width - 20, top, bottom: top + HEIGHT };
  const seen = groups.flatMap(({ values, reference }) => [
    ...values,
    ...(Math.min(...values) < floor ? [] : around(values)),
    ...(reference === undefined
      ? []
      : [reference.value - reference.deviation, reference.value + reference.deviation]),
  ]);
  const shown = seen.filter((value) => value >= floor);
  const lowest = shown.length < seen.length ? floor : Math.min(...seen);
  const scale = linear(niceTicks(lowest, Math.max(...shown, lowest), 8), box.bottom, box.top);
  const step = (box.right - box.left) / groups.length;
  return picture(width, box.bottom + 34 + 17 * lines, title, [
    ...headline(title, under),
    ...legend(width, headlineHeight(under) + 8, referenceName),
    ...valueAxis(box, scale, valueName),
    ...groups.flatMap((group, i) => column(group, box.left + (i + 0.5) * step, scale, format)),
    ...groups.flatMap(({ label }, i) =>
      label.map((text, row) =>
        words(box.left + (i + 0.5) * step, box.bottom + 22 + 17 * row, text, {
          'text-anchor': 'middle',
          ...(row === 0 ? { 'font-weight': 600 } : { fill: FAINT, 'font-size': 12 }),
        }),
      ),
    ),
  ]);
}

function legend(width: number, y: number, referenceName: string | undefined): readonly string[] {
  const dots = [
    element('circle', { cx: width - 330, cy: y - 4, r: 4, fill: FAINT, 'fill-opacity': 0.55 }),
    words(width - 320, y, 'a search', { 'font-size': 12, fill: FAINT }),
    line(width - 255, y - 10, width - 255, y + 2, { stroke: INK, 'stroke-width': 2 }),
    element('circle', {
      cx: width - 255,
      cy: y - 4,
      r: 4,
      fill: PAPER,
      stroke: INK,
      'stroke-width': 2,
    }),
    words(width - 246, y, 'mean ± deviation', { 'font-size': 12, fill: FAINT }),
  ];
  if (referenceName === undefined) return dots;
  return [
    ...dots,
    line(width - 130, y - 4, width - 104, y - 4, {
      stroke: INK,
      'stroke-width': 2,
      'stroke-dasharray': '6 4',
    }),
    words(width - 98, y, referenceName, { 'font-size': 12, fill: FAINT }),
  ];
}

function column(
  { colour, values, reference }: DotGroup,
  x: number,
  scale: Scale,
  format: (value: number) => string,
): readonly string[] {
  const drawn: string[] = [];
  if (reference !== undefined) {
    const [bottom, top] = [
      scale.at(reference.value - reference.deviation),
      scale.at(reference.value + reference.deviation),
    ];
    const y = scale.at(reference.value);
    drawn.push(
      element('rect', {
        x: x - 80,
        y: top,
        width: 160,
        height: bottom - top,
        fill: INK,
        'fill-opacity': 0.06,
      }),
      line(x - 80, y, x + 80, y, { stroke: INK, 'stroke-width': 2, 'stroke-dasharray': '6 4' }),
      words(x - 80, y - 6, format(reference.value), { 'font-size': 12, fill: FAINT }),
    );
  }
  const outliers = values.filter((value) => value < scale.low);
  const within = spread(
    values.filter((value) => value >= scale.low),
    scale,
  );
  for (const { value, offset } of within)
    drawn.push(
      element('circle', {
        cx: x - 18 + offset,
        cy: scale.at(value),
        r: 4,
        fill: colour,
        'fill-opacity': 0.55,
      }),
    );
  outliers.forEach((_, i) =>
    drawn.push(
      triangle(x - 18 + 10 * (i - (outliers.length - 1) / 2), scale.at(scale.low), colour),
    ),
  );
  if (outliers.length > 0) {
    const lowest = `${outliers.length} below, lowest ${format(Math.min(...outliers))}`;
    drawn.push(
      words(x, scale.at(scale.low) - 14, lowest, {
        'text-anchor': 'middle',
        'font-size': 11,
        fill: FAINT,
      }),
    );
  }
  const [low, centre, high] = around(values);
  const at = x + 24;
  const label = {
    fill: colour,
    'font-weight': 600,
    stroke: PAPER,
    'stroke-width': 3,
    'paint-order': 'stroke',
  };
  if (centre < scale.low)
    return [
      ...drawn,
      words(x, scale.at(scale.low) - 30, `mean ${format(centre)}`, {
        ...label,
        'text-anchor': 'middle',
      }),
    ];
  if (outliers.length === 0)
    drawn.push(line(at, scale.at(low), at, scale.at(high), { stroke: colour, 'stroke-width': 2 }));
  drawn.push(
    element('circle', {
      cx: at,
      cy: scale.at(centre),
      r: 5,
      fill: PAPER,
      stroke: colour,
      'stroke-width': 2.5,
    }),
    words(at + 10, scale.at(centre) + 4, format(centre), label),
  );
  return drawn;
}

/** A triangle that stands on its point. */
function triangle(x: number, y: number, colour: string): string {
  return element('path', {
    d: `M${x.toFixed(2)} ${y.toFixed(2)}l-4.5 -8h9z`,
    fill: colour,
    'fill-opacity': 0.75,
  });
}

/** Mean − deviation, mean, mean + deviation; three times the mean if there is no deviation. */
function around(values: readonly number[]): readonly [number, number, number] {
  const centre = mean(values);
  const spreadOf = values.length < 2 ? 0 : deviation(values);
  return [centre - spreadOf, centre, centre + spreadOf];
}

/** Moves overlapping dots aside, alternately to the left and to the right. */
function spread(
  values: readonly number[],
  scale: Scale,
): readonly { readonly value: number; readonly offset: number }[] {
  const placed: { readonly value: number; readonly offset: number }[] = [];
  for (const value of [...values].sort((a, b) => a - b)) {
    const offsets = Array.from(
      { length: values.length },
      (_, i) => Math.ceil(i / 2) * (i % 2 === 0 ? -9 : 9),
    );
    const isFree = (offset: number): boolean =>
      placed.every(
        (other) =>
          Math.hypot(other.offset - offset, scale.at(other.value) - scale.at(value)) >= 8.5,
      );
    placed.push({ value, offset: offsets.find(isFree) ?? 0 });
  }
  return placed;
}
