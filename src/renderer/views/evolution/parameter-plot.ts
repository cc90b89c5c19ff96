/**
 * Small plot of one parameter over all trials by number: shows which values the search has settled
 * on.
 */
import { toUnit } from '../../../core/search-space/unit-cube.ts';
import type { Axis } from '../../../core/search-space/axis.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import type { Places } from './places.ts';

/** Maximum number of trials that are drawn: the latest, and an even sample of the others. */
const MOST = 1500;
const LATEST = 200;
/** Height in px of the row for trials that do not use the parameter. */
const UNUSED = 10;

export interface PlotBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Trials by shade, the worst first. */
export type Shades = readonly (readonly [shade: number, numbers: readonly number[]])[];

/** Selects the trials that every plot draws, once for all parameters. */
export function shadesOf(places: Places, palette: Palette): Shades {
  const { population } = places;
  const { table } = population;
  const alive = new Set(population.alive);
  const batches = new Map<number, number[]>();
  const take = (number: number): void => {
    if (alive.has(number) || !table.isFinite(number)) return;
    const shade = palette.values.shade(population.unitOf(number));
    const batch = batches.get(shade);
    if (batch === undefined) batches.set(shade, [number]);
    else batch.push(number);
  };
  const stride = Math.max(1, Math.floor(places.seenCount / MOST));
  for (const number of places.seen(0, stride)) take(number);
  if (stride > 1) for (const number of places.seen(table.size - LATEST)) take(number);
  return [...batches].sort(([a], [b]) => a - b);
}

export function drawParameter(
  pen: Pen,
  places: Places,
  palette: Palette,
  axis: Axis,
  place: number,
  box: PlotBox,
  selected: number | null,
  shades: Shades,
): void {
  const { population } = places;
  const { table } = population;
  const foot = axis.parents.length > 0 ? UNUSED : 0;
  pen.begin();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.fill(palette.ground);
  if (foot > 0) {
    pen.begin();
    pen.rect(box.left, box.top + box.height - foot, box.width, foot);
    pen.fill(palette.sunken);
  }
  if (axis.kind === 'categorical' || axis.cells <= 8) {
    pen.begin();
    for (let cell = 0; cell < Math.min(axis.cells, 12); cell++) {
      const y = yOf(
        axis,
        axis.kind === 'categorical' ? cell : (axis.base + cell * axis.stride) / axis.divisor,
        box,
        foot,
      );
      pen.moveTo(box.left, y);
      pen.lineTo(box.left + box.width, y);
    }
    pen.stroke(palette.line, 1);
  }
  const across = (number: number): number => {
    const share = (places.x(number) - places.left) / (places.right - places.left);
    return box.left + 5 + share * (box.width - 10);
  };
  for (const [shade, numbers] of shades) {
    pen.begin();
    for (const number of numbers)
      pen.circle(across(number), yOf(axis, table.param(number, place), box, foot), 1.8);
    pen.fill(palette.values.shades[shade] ?? palette.text, 0.8);
  }
  for (const number of [...population.alive].reverse()) {
    pen.begin();
    pen.circle(across(number), yOf(axis, table.param(number, place), box, foot), 3.2);
    pen.stroke(palette.canvas, 2);
    pen.fill(palette.values.at(population.unitOf(number)));
  }
  if (selected === null || !table.has(selected)) return;
  const [x, y] = [across(selected), yOf(axis, table.param(selected, place), box, foot)];
  pen.begin();
  pen.circle(x, y, 5.5);
  pen.fill(palette.canvas);
  pen.stroke(palette.accent, 2);
  pen.begin();
  pen.circle(x, y, 2.6);
  pen.fill(
    table.isFinite(selected) ? palette.values.at(population.unitOf(selected)) : palette.accent,
  );
}

function yOf(axis: Axis, encoded: number, box: PlotBox, foot: number): number {
  if (Number.isNaN(encoded)) return box.top + box.height - foot / 2 - (foot === 0 ? 4 : 0);
  const unit = toUnit(axis, encoded);
  return box.top + 6 + (1 - unit) * (box.height - foot - 12);
}
