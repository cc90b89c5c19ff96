/**
 * Expressions that replace a number: `{"$param": name, "times", "over"}` or `{"$channels": true or
 * a layer's id, "times", "over"}`.
 */
export type Expression = { readonly times: number; readonly over: number } & (
  { readonly $param: string } | { readonly $channels: true | string }
);

/** @returns undefined if the value is neither */
export function readExpression(value: unknown): Expression | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const {
    $param,
    $channels,
    times = 1,
    over = 1,
    ...rest
  } = value as Readonly<Record<string, unknown>>;
  if (!isPositive(times) || !isPositive(over) || Object.keys(rest).length > 0) return undefined;
  if (typeof $param === 'string' && $channels === undefined) return { $param, times, over };
  if (($channels === true || typeof $channels === 'string') && $param === undefined)
    return { $channels, times, over };
  return undefined;
}

/** Scales a base value. */
export function scaled(base: number, { times, over }: Expression): number {
  return (base * times) / over;
}

/** Rounds down where an integer is required, to at least 1, or 0 where the field may be 0. */
export function floored(value: number, least: number): number {
  return Math.max(Math.min(1, least), Math.floor(value));
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value);
}
