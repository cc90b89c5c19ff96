/** Parsers of option values for commander; errors contain the expected and the found value. */
import { UsageError } from '../process/exit-codes.ts';
import { InvalidArgumentError } from 'commander';
import { nearestName } from '../../core/nearest-name.ts';
import type { ParamValue } from '../../core/search-space/distribution.ts';

/** An integer, least ≤ n ≤ 2⁵³ − 1. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(
        `Expected an integer ≥ ${least}, found ${JSON.stringify(text)}.`,
      );
    }
    return value;
  };
}

export interface Range {
  readonly above?: number;
  readonly least?: number;
  readonly most?: number;
}

/** A finite number in a range. */
export function real({ above = -Infinity, least = -Infinity, most = Infinity }: Range = {}): (
  text: string,
) => number {
  const bounds = [
    ...(above === -Infinity ? [] : [`> ${above}`]),
    ...(least === -Infinity ? [] : [`≥ ${least}`]),
    ...(most === Infinity ? [] : [`≤ ${most}`]),
  ].join(' and ');
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(value) || value <= above || value < least || value > most) {
      throw new InvalidArgumentError(
        `Expected a number${bounds === '' ? '' : ` ${bounds}`}, found ${JSON.stringify(text)}.`,
      );
    }
    return value;
  };
}

/** One of several names; the error suggests the nearest. */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found !== undefined) return found;
    const nearest = nearestName(text, names);
    const guess = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw new InvalidArgumentError(
      `Expected ${names.join(', ')}, found ${JSON.stringify(text)}.${guess}`,
    );
  };
}

/** A number, true, false or null as JSON; otherwise the text itself. */
export function valueOf(text: string): ParamValue {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || ['number', 'boolean', 'string'].includes(typeof value))
      return value as ParamValue;
  } catch {
    // Not JSON: a text without quotation marks.
  }
  return text;
}

/** @param shape `name=value`, for the error */
export function pairOf(given: string, shape: string): readonly [string, string] {
  const at = given.indexOf('=');
  if (at < 1 || at === given.length - 1)
    throw new UsageError(`expected ${shape}, found ${JSON.stringify(given)}`, 'usage');
  return [given.slice(0, at), given.slice(at + 1)];
}

/** @throws UsageError where a name is given twice, of which only one value could count */
export function onceEach<T>(pairs: readonly (readonly [string, T])[]): Record<string, T> {
  const found = new Map<string, T>();
  for (const [name, value] of pairs) {
    if (found.has(name)) throw new UsageError(`expected ${name} once, found it twice`, 'usage');
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

/** A sampler or pruner with settings: `tpe startup=20`. */
export function settingOf(given: string): {
  readonly name: string;
  readonly [setting: string]: unknown;
} {
  const [name = '', ...settings] = given.trim().split(/\s+/);
  const pairs = settings.map((setting) => pairOf(setting, 'setting=value'));
  return { ...onceEach(pairs.map(([key, value]) => [key, valueOf(value)])), name };
}

/** Names, separated by commas. */
export function names(given: string): readonly string[] {
  const found = given.split(',').map((name) => name.trim());
  if (found.includes(''))
    throw new InvalidArgumentError(
      `Expected names like cpu,gpu/0, found ${JSON.stringify(given)}.`,
    );
  return found;
}

/** A text that is not empty. */
export function text(given: string): string {
  if (given.trim() === '') throw new InvalidArgumentError('Expected a text, found an empty one.');
  return given;
}
