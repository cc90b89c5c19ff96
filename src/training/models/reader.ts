/**
 * Reads the fields of one object of a description, collecting every problem instead of stopping at the first.
 * A reader remembers what was asked for, so that whatever is left over is an unknown field.
 */
import type { Numeric, ParamValue } from '../objective.ts';
import { nearest, quote } from '../problem.ts';
import type { Pair, Shape } from './network.ts';
import type { Scope } from './scope.ts';

export type Fields = Readonly<Record<string, unknown>>;
export interface Range {
  readonly low: number;
  /** Inclusive; with `open`, exclusive. */
  readonly high?: number;
  readonly open?: boolean;
}

export class Reader {
  readonly path: string;
  readonly layer: string | undefined;
  readonly scope: Scope;
  readonly #fields: Fields;
  readonly #asked: Set<string>;
  /** Channels of a `$channels` reference: own input (true) or a named layer; undefined where a shape is missing. */
  readonly #channels: (reference: true | string) => number | undefined;

  constructor(
    fields: Fields,
    path: string,
    scope: Scope,
    options: { layer?: string; asked?: readonly string[]; channels?: (reference: true | string) => number | undefined } = {},
  ) {
    this.#fields = fields;
    this.path = path;
    this.scope = scope;
    this.layer = options.layer;
    this.#asked = new Set(options.asked);
    this.#channels = options.channels ?? (() => undefined);
  }

  has(field: string): boolean {
    this.#asked.add(field);
    return this.#fields[field] !== undefined;
  }

  raw(field: string): unknown {
    this.#asked.add(field);
    return this.#fields[field];
  }

  report(code: string, field: string | undefined, expected: string, found: string, hint?: string): void {
    const path = field === undefined ? this.path : this.path === '' ? field : `${this.path}.${field}`;
    this.scope.report({
      code,
      path,
      expected,
      found,
      ...(this.layer === undefined ? {} : { layer: this.layer }),
      ...(field === undefined ? {} : { field }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** An integer ≥ low, structural. undefined: reported, or unknown for want of an input shape. */
  integer(field: string, range: Range, fallback?: number): number | undefined {
    const value = this.#present(field, fallback, 'an integer');
    return value === undefined ? undefined : this.#integer(field, value, range);
  }

  /** An integer, or a list of two: rows, columns. */
  pair(field: string, range: Range, fallback?: Pair): Pair | undefined {
    const value = this.#present(field, fallback, 'an integer or [rows, columns]');
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      const n = this.#integer(field, value, range);
      return n === undefined ? undefined : [n, n];
    }
    const list: readonly unknown[] = value;
    if (list.length !== 2) {
      this.report('wrong-type', field, 'an integer or a list of two', quote(value));
      return undefined;
    }
    const rows = this.#integer(field, list[0], range);
    const columns = this.#integer(field, list[1], range);
    return rows === undefined || columns === undefined ? undefined : [rows, columns];
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.raw(field) ?? fallback;
    if (typeof value === 'boolean') return value;
    this.report('wrong-type', field, 'true or false', quote(value));
    return fallback;
  }

  /** One of a list of words. */
  choice<T extends string>(field: string, choices: readonly T[], fallback?: T): T | undefined {
    const value = this.#present(field, fallback, choices.map((c) => JSON.stringify(c)).join(' or '));
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.report(
        'out-of-range',
        field,
        choices.map((c) => JSON.stringify(c)).join(' or '),
        quote(value),
        typeof value === 'string' ? nearest(value, choices) : undefined,
      );
    }
    return found;
  }

  /** A number that each lane has its own of; bounds are checked at the parameter's bounds too. */
  perLane(field: string, range: Range, fallback?: number): Numeric | undefined {
    const value = this.#present(field, fallback, 'a number or {"$param": …}');
    if (value === undefined) return undefined;
    if (typeof value === 'number') return this.#within(field, value, range) ? value : undefined;
    const expression = this.#expression(field, value);
    if (expression?.$param === undefined) {
      if (expression !== undefined) this.report('wrong-type', field, 'a number or {"$param": …}', quote(value));
      return undefined;
    }
    const { $param, times = 1, over = 1 } = expression;
    for (const bound of this.#bounds(field, $param)) {
      if (typeof bound !== 'number') {
        this.report('wrong-type', field, `a number for parameter ${JSON.stringify($param)}`, quote(bound));
        return undefined;
      }
      if (!this.#within(field, (bound * times) / over, range)) return undefined;
    }
    return { $param, times, over };
  }

  /** A parameter's value here, noting that it decides the plan's shape; undefined: absent (reported if it cannot be known). */
  structural(field: string, name: string): ParamValue | undefined {
    this.scope.structural.add(name);
    const value = this.scope.params[name];
    if (value === undefined) this.#unknown(field, name);
    return value;
  }

  /** Reports the fields nobody asked for. */
  finish(): void {
    for (const field of Object.keys(this.#fields)) {
      if (!this.#asked.has(field)) {
        this.report('unknown-field', field, `one of ${[...this.#asked].join(', ')}`, JSON.stringify(field), nearest(field, this.#asked));
      }
    }
  }

  #present(field: string, fallback: unknown, expected: string): unknown {
    const value = this.raw(field) ?? fallback;
    if (value === undefined) this.report('missing-field', field, expected, 'nothing');
    return value;
  }

  #integer(field: string, value: unknown, range: Range): number | undefined {
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) {
        this.report('wrong-type', field, 'an integer', quote(value));
        return undefined;
      }
      return this.#within(field, value, range) ? value : undefined;
    }
    const expression = this.#expression(field, value);
    if (expression === undefined) return undefined;
    const base =
      expression.$channels === undefined ? this.structural(field, expression.$param ?? '') : this.#channels(expression.$channels);
    if (base === undefined) return undefined;
    if (typeof base !== 'number') {
      this.report('wrong-type', field, 'a number', quote(base));
      return undefined;
    }
    const n = Math.max(1, Math.floor((base * (expression.times ?? 1)) / (expression.over ?? 1)));
    return this.#within(field, n, range) ? n : undefined;
  }

  #expression(field: string, value: unknown): { $param?: string; $channels?: true | string; times?: number; over?: number } | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { $param, $channels, times = 1, over = 1, ...rest } = value as Fields;
      const numbers = typeof times === 'number' && times > 0 && typeof over === 'number' && over > 0;
      if (numbers && Object.keys(rest).length === 0) {
        if (typeof $param === 'string' && $channels === undefined) return { $param, times, over };
        if (($channels === true || typeof $channels === 'string') && $param === undefined) return { $channels, times, over };
      }
    }
    this.report('wrong-type', field, 'a number, {"$param", "times", "over"} or {"$channels", "times", "over"}', quote(value));
    return undefined;
  }

  #bounds(field: string, name: string): readonly ParamValue[] {
    const distribution = this.scope.space?.[name];
    if (distribution !== undefined)
      return distribution.type === 'categorical' ? distribution.choices : [distribution.low, distribution.high];
    const value = this.scope.params[name];
    if (this.scope.space !== undefined || value === undefined) {
      this.#unknown(field, name);
      return [];
    }
    return [value];
  }

  #unknown(field: string, name: string): void {
    const known = Object.keys(this.scope.space ?? this.scope.params);
    this.report(
      'unknown-param',
      field,
      known.length === 0 ? 'no parameter: none is declared' : `a declared parameter (${known.join(', ')})`,
      JSON.stringify(name),
      nearest(name, known),
    );
  }

  #within(field: string, value: number, { low, high = Infinity, open = false }: Range): boolean {
    if (value >= low && (open ? value < high : value <= high)) return true;
    const upper = high === Infinity ? '' : open ? ` and below ${String(high)}` : ` and at most ${String(high)}`;
    this.report('out-of-range', field, `at least ${String(low)}${upper}`, quote(value));
    return false;
  }
}

/** Channels (or features) of a shape. */
export function channelsOf(shape: Shape): number {
  return shape[0] ?? 1;
}
