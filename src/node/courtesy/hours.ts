/** Hours of the day in which a machine may be used, in its local time, also over midnight. */
import { InvalidInput } from '../../core/errors.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';

export type Hours = NonNullable<NodeLimits['hours']>;

/**
 * Parses `9-18`, and `18-8` over midnight. The last hour is excluded; 24 is midnight.
 * @param source of the text, for the error
 * @throws InvalidInput
 */
export function parseHours(text: string, source: string): Hours {
  const [, first, last] = /^(\d{1,2})-(\d{1,2})$/.exec(text.trim()) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (from <= 23 && to <= 24 && from !== to % 24) return { from, to: to % 24 };
  throw new InvalidInput(source, [
    {
      code: 'bad-hours',
      path: '',
      expected: 'two different hours from 0 to 24, for example 9-18, or 18-8 over midnight',
      found: JSON.stringify(text),
      hint: 'leave them out to use the machine at all hours',
    },
  ]);
}

export function hoursText({ from, to }: Hours): string {
  return `${from}-${to === 0 ? 24 : to}`;
}

/** Equal hours stand for the whole day. @param hour of the day, from 0 */
export function contains({ from, to }: Hours, hour: number): boolean {
  if (from === to) return true;
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}

/** Returns whether all of the hours contain the present. @param at milliseconds since 1970 */
export function isWithin(all: readonly Hours[], at: number): boolean {
  const hour = new Date(at).getHours();
  return all.every((hours) => contains(hours, hour));
}

/**
 * Returns when use begins or ends next, in milliseconds since 1970; null: never. Looks at the start
 * of each local hour, so that a change to or from summer time is respected.
 */
export function nextChange(all: readonly Hours[], at: number): number | null {
  const now = isWithin(all, at);
  const HOUR = 3_600_000;
  // Zones differ from UTC by multiples of a quarter of an hour.
  const QUARTER = HOUR / 4;
  const first = Math.floor(at / QUARTER) * QUARTER + QUARTER;
  for (let next = first; next <= first + 49 * HOUR; next += QUARTER)
    if (isWithin(all, next) !== now) return next;
  return null;
}

/**
 * The hours that both allow, as far as one range expresses them; where it does not, the first.
 * `never`: they have no hour in common.
 */
export function commonHours(one: Hours | null, other: Hours | null): Hours | null | 'never' {
  if (one === null || other === null) return one ?? other;
  const common = Array.from({ length: 24 }, (_, hour) => hour).filter(
    (hour) => contains(one, hour) && contains(other, hour),
  );
  if (common.length === 0) return 'never';
  if (common.length === 24) return null;
  const starts = common.filter((hour) => !common.includes((hour + 23) % 24));
  const [from] = starts;
  if (from === undefined || starts.length > 1) return one;
  return { from, to: (from + common.length) % 24 };
}
