/**
 * Draws values over positions, one line for each series with its name beside the area: measured
 * curves, an ideal, single published points.
 */
import { headline, headlineHeight, positionAxis, valueAxis } from './frame.ts';
import { linear, niceTicks } from './scale.ts';
import type { Scale } from './scale.ts';
import { element, FAINT, picture, words } from './svg.ts';

export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /**
   * step: the value holds until the next point; marks: points without a line; default: a straight
   * line with points.
   */
  readonly kind?: 'step' | 'marks' | 'dashed';
}

export interface LinePlot {
  readonly title: string;
  readonly under: readonly string[];
  readonly positionName: string;
  readonly valueName: string;
  readonly curves: readonly Curve[];
  /** Overrides the tick positions. */
  readonly positions?: readonly number[];
  readonly values?: readonly number[];
}

const WIDTH = 790;
const HEIGHT = 310;
const LEGEND = 250;

export function linePlot({
  title,
  under,
  positionName,
  valueName,
  curves,
  positions,
  values,
}: LinePlot): string {
  const top = headlineHeight(under) + 30;
  const box = { left: 64, right: WIDTH - LEGEND, top, bottom: top + HEIGHT };
  const points = curves.flatMap((curve) => curve.points);
  const range = (place: 0 | 1): readonly number[] =>
    niceTicks(0, Math.max(...points.map((point) => point[place])), 7);
  const x = linear(positions ?? range(0), box.left, box.right);
  const y = linear(values ?? range(1), box.bottom, box.top);
  return picture(WIDTH, box.bottom + 56, title, [
    ...headline(title, under),
    ...valueAxis(box, y, valueName),
    ...positionAxis(box, x, positionName),
    ...curves.flatMap((curve) => drawn(curve, x, y)),
    ...curves.flatMap((curve, i) => legend(curve, box.right + 22, box.top + 12 + 24 * i)),
  ]);
}

function drawn({ colour, points, kind }: Curve, x: Scale, y: Scale): readonly string[] {
  const marks = points.map(([px, py]) =>
    element('circle', { cx: x.at(px), cy: y.at(py), r: 4, fill: colour }),
  );
  if (kind === 'marks') return points.map(([px, py]) => diamond(x.at(px), y.at(py), colour));
  const path = points
    .map(([px, py], i) => {
      const [left, top] = [fixed(x.at(px)), fixed(y.at(py))];
      return i === 0 ? `M${left} ${top}` : kind === 'step' ? `H${left}V${top}` : `L${left} ${top}`;
    })
    .join('');
  const stroke = element('path', { d: path, ...strokeOf(colour, kind) });
  return kind === undefined ? [stroke, ...marks] : [stroke];
}

function legend({ name, colour, kind }: Curve, x: number, y: number): readonly string[] {
  const sample =
    kind === 'marks'
      ? diamond(x + 12, y - 4, colour)
      : element('path', { d: `M${x} ${y - 4}H${x + 24}`, ...strokeOf(colour, kind) });
  const mark =
    kind === undefined ? [element('circle', { cx: x + 12, cy: y - 4, r: 4, fill: colour })] : [];
  return [sample, ...mark, words(x + 32, y, name, { 'font-size': 12, fill: FAINT })];
}

function strokeOf(colour: string, kind: Curve['kind']): Record<string, string | number> {
  return {
    stroke: colour,
    'stroke-width': 2,
    fill: 'none',
    ...(kind === 'dashed' ? { 'stroke-dasharray': '6 4' } : {}),
  };
}

function diamond(x: number, y: number, colour: string): string {
  return element('path', { d: `M${fixed(x)} ${fixed(y - 6)}l6 6l-6 6l-6 -6z`, fill: colour });
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
