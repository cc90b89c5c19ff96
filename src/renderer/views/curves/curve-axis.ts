/** Value axis of the learning curves. Pure; no drawing. */
import type { StudyHead } from '../../../protocol/window/study-stream.ts';
import { domainOf, floorOf, scaleKindFor, valueScale } from '../../charts/scales.ts';
import type { ValueScale } from '../../charts/scales.ts';
import type { Population } from '../../state/population.ts';
import type { Deciles, Line } from './finished-curves.ts';

/**
 * Lowest position on the value scale for the sake of all curves: final values keep half of the
 * height.
 */
const LOWEST = -1;
/**
 * Lowest position for the sake of the best trial's curve: final values keep a tenth of the height.
 */
const LOWEST_OF_BEST = -9;

/**
 * Axis of the running trials' values, used while no trial has ended; null before the first report.
 */
export function provisionalScale(
  { metric, direction, chance }: Pick<StudyHead, 'metric' | 'direction' | 'chance'>,
  lines: readonly Line[],
): ValueScale | null {
  const seen = lines.flatMap(({ values, length }) =>
    Array.from({ length }, (_, i) => values[i]).filter(
      (value) => typeof value === 'number' && Number.isFinite(value),
    ),
  ) as number[];
  const kind = scaleKindFor(metric, direction, Math.min(...seen));
  const domain = domainOf(seen, direction, kind, chance);
  return domain === null
    ? null
    : valueScale(kind, domain.worst, domain.best, floorOf(kind, seen), metric, direction);
}

/**
 * Position on the value scale at the foot of the chart, from -9 to 0, such that four of five curves
 * begin above it and the best trial's curve is visible from early on. Ignores other curves of
 * trials that ended below the scale, so that failures do not flatten the others.
 */
export function lowestUnit(
  population: Population,
  scale: ValueScale,
  lines: readonly Line[],
  deciles: Deciles | null,
): number {
  const firsts: number[] = [];
  for (const { trial, values } of lines) {
    if (population.table.isFinite(trial) && population.inWell(trial)) continue;
    const first = values[0];
    if (first !== null && first !== undefined && Number.isFinite(first))
      firsts.push(scale.unit(first));
  }
  for (const one of deciles?.values[0] ?? []) firsts.push(scale.unit(one));
  firsts.sort((a, b) => a - b);
  const ofMost = Math.max(LOWEST, Math.min(0, firsts[Math.floor(firsts.length / 5)] ?? 0));
  const best = lines.find(({ trial }) => trial === population.best);
  const early = Array.from({ length: best?.length ?? 0 }, (_, i) =>
    scale.unit(best?.values[i] ?? NaN),
  ).find((unit) => unit >= LOWEST_OF_BEST);
  return Math.min(ofMost, early ?? 0);
}
