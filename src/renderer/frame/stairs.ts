/** SVG path of the small staircase of best values. Pure. */
import type { Direction } from '../../core/study/direction.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import { domainOf } from '../charts/scales.ts';

/**
 * Better values are higher. Steps below the axis are drawn at its foot, so that a bad start does
 * not flatten the rest.
 * @param ended number of trials that have ended, the end of the last step
 * @returns an empty string when nothing has a value yet
 */
export function stairs(
  { ended: at, values }: StudyRow['staircase'],
  direction: Direction,
  ended: number,
  width: number,
  height: number,
): string {
  const domain = domainOf(values, direction, 'linear', null);
  if (domain === null) return '';
  const { worst: foot, best } = domain;
  const span = Math.abs(best - foot) || 1;
  const last = Math.max(ended, at.at(-1) ?? 1, 2);
  const x = (n: number): string => (((n - 1) / (last - 1)) * width).toFixed(1);
  const y = (value: number): string => {
    const above = direction === 'maximize' ? value - foot : foot - value;
    return (height - 1 - (Math.max(0, above) / span) * (height - 2)).toFixed(1);
  };
  const steps = values.map((value, i) =>
    i === 0 ? `M${x(at[0] ?? 1)} ${y(value)}` : `H${x(at[i] ?? 1)} V${y(value)}`,
  );
  return `${steps.join(' ')} H${width}`;
}
