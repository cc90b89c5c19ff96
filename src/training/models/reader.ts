/**
 * Reads the fields of one object of a description and collects all problems instead of stopping at
 * the first. Records which fields were read, so that the remaining ones are reported as unknown.
 */
import type { Numeric, ParamValue } from '../objective/objective.ts';
import { nearest, quote, type Problem } from '../objective/problem.ts';
import { floored, readExpression, scaled, type Expression } from './expression.ts';
import type { Pair } from './network.ts';
import { isWithin, rangeText, type Range } from './range.ts';
import type { Scope } from './scope.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns the channels of a `$channels` reference: own input (true) or a named layer; undefined if
 * a shape is missing.
 */
type ChannelsOf = (reference: true | string, field: string) => number | undefined;

export class Reader {
  readonly path: string;
  readonly layer: string | undefined;
  readonly scope: Scope;
  readonly #fields: Fields;
  readonly #asked: Set<string>;
  /** undefined: the object is not a layer, so `$channels` is not available. */
  readonly #channels: ChannelsOf | undefined;

  constructor(
    fields: Fields,
    path: string,
    scope: Scope,
    options: { layer?: string; asked?: readonly string[]; channels?: ChannelsOf } = {},
  ) {
    this.#fields = fields;
    this.path = path;
    this.scope = scope;
    this.layer = options.layer;
    this.#asked = new Set(options.asked);
    this.#channels = options.channels;
  }

  has(field: string): boolean {
    this.#asked.add(field);
    return this.#fields[field] !== undefined;
  }

  raw(field: string): unknown {
    this.#asked.add(field);
    return this.#fields[field];
  }

  /**
   * Returns a reader of the object in a field; undefined if it is missing or not an object, which
   * is reported.
   */
  object(field: string, expected: string): Reader | undefined {
    return this.#present(field, undefined, expected) === undefined
      ? undefined
      : this.optionalObject(field, expected);
  }

  /**
   * Returns a reader of the object in a field; undefined if absent, or not an object (reported).
   */
  optionalObject(field: string, expected: string): Reader | undefined {
    const value = this.raw(field) ?? undefined;
    if (value === undefined) return undefined;
    if (isFields(value)) return new Reader(value, this.#at(field), this.scope);
    this.report('wrong-type', field, expected, quote(value));
    return undefined;
  }

  report(
    code: string,
    field: string | undefined,
    expected: string,
    found: string,
    hint?: string,
  ): void {
    this.#report({ code, expected, found, ...(hint === undefined ? {} : { hint }) }, field);
  }

  /**
   * Reads a structural integer; undefined if invalid (reported), or if it depends on an unknown
   * input shape.
   */
  integer(field: string, range: Range, fallback?: number): number | undefined {
    const value = this.#present(field, fallback, 'an integer');
    return value === undefined ? undefined : this.#integer(field, value, range);
  }

  /** Reads an integer, or a list of two integers: rows, columns. */
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
    const rows = this.#integer(`${field}[0]`, list[0], range);
    const columns = this.#integer(`${field}[1]`, list[1], range);
    return rows === undefined || columns === undefined ? undefined : [rows, columns];
  }

  /** Reads a given word, or otherwise calls `read`. */
  orWord<Word extends string, T>(field: string, word: Word, read: () => T): Word | T | undefined {
    const value = this.raw(field);
    if (typeof value !== 'string') return read();
    if (value === word) return word;
    this.report(
      'wrong-type',
      field,
      `a number or ${JSON.stringify(word)}`,
      quote(value),
      nearest(value, [word]),
    );
    return undefined;
  }

  /** Reads a number that is part of the plan and therefore structural. */
  number(field: string, range: Range, fallback?: number): number | undefined {
    const value = this.#present(field, fallback, 'a number');
    if (value === undefined) return undefined;
    const n = typeof value === 'number' ? value : this.#structuralNumber(field, value);
    return n !== undefined && this.#within(field, n, range) ? n : undefined;
  }

  /** Reads true, false, or a parameter with these values. */
  boolean(field: string, fallback: boolean): boolean {
    const value = this.#chosen(field, this.raw(field) ?? fallback);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) this.report('wrong-type', field, 'true or false', quote(value));
    return fallback;
  }

  /**
   * Reads one of several words, or a parameter with these values.
   * @param code error code for a word that is not in the list
   */
  choice<T extends string>(
    field: string,
    choices: readonly T[],
    fallback?: T,
    code = 'out-of-range',
  ): T | undefined {
    const words = choices.map((c) => JSON.stringify(c)).join(' or ');
    const value = this.#chosen(field, this.#present(field, fallback, words));
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined)
      this.report(
        code,
        field,
        words,
        quote(value),
        typeof value === 'string' ? nearest(value, choices) : undefined,
      );
    return found;
  }

  /**
   * Reads a number that may differ between lanes; bounds are also checked at the parameter's
   * bounds.
   */
  perLane(field: string, range: Range, fallback?: number): Numeric | undefined {
    return this.#perLane(field, range, (n) => n, fallback);
  }

  /** As `perLane`, for an integer: a literal must be an integer, a parameter is rounded down. */
  perLaneInteger(field: string, range: Range, fallback?: number): Numeric | undefined {
    const value = this.#perLane(field, range, (n) => floored(n, range.low ?? 1), fallback);
    if (typeof value !== 'number' || Number.isInteger(value)) return value;
    this.report('wrong-type', field, 'an integer', quote(value));
    return undefined;
  }

  /**
   * Returns the parameter's value and records that it is structural; undefined if absent (reported
   * if the value cannot be known).
   */
  structural(field: string, name: string): ParamValue | undefined {
    this.scope.structural.add(name);
    const value = this.scope.value(name);
    if (value === undefined) this.#report(this.scope.absence(name), field);
    return value;
  }

  /** Reports the fields that were not read. */
  finish(): void {
    for (const field of Object.keys(this.#fields)) {
      if (!this.#asked.has(field)) {
        this.report(
          'unknown-field',
          field,
          `one of ${[...this.#asked].join(', ')}`,
          quote(field),
          nearest(field, this.#asked),
        );
      }
    }
  }

  #report(
    parts: Omit<Problem, 'message' | 'path' | 'layer' | 'field'>,
    field: string | undefined,
  ): void {
    this.scope.report({
      ...parts,
      path: field === undefined ? this.path : this.#at(field),
      ...(this.layer === undefined ? {} : { layer: this.layer }),
      ...(field === undefined ? {} : { field }),
    });
  }

  #at(field: string): string {
    return this.path === '' ? field : `${this.path}.${field}`;
  }

  #present(field: string, fallback: unknown, expected: string): unknown {
    const value = this.raw(field) ?? fallback ?? undefined;
    if (value === undefined) this.report('missing-field', field, expected, 'nothing');
    return value;
  }

  /** Returns a literal, or a structural parameter's value. */
  #chosen(field: string, value: unknown): unknown {
    const expression = readExpression(value);
    return expression !== undefined && '$param' in expression
      ? this.structural(field, expression.$param)
      : value;
  }

  #perLane(
    field: string,
    range: Range,
    rounded: (n: number) => number,
    fallback?: number,
  ): Numeric | undefined {
    const value = this.#present(field, fallback, 'a number or {"$param": …}');
    if (value === undefined) return undefined;
    if (typeof value === 'number') return this.#within(field, value, range) ? value : undefined;
    const expression = readExpression(value);
    if (expression === undefined || !('$param' in expression)) {
      this.report('wrong-type', field, 'a number or {"$param", "times", "over"}', quote(value));
      return undefined;
    }
    const { $param, times, over } = expression;
    if (this.scope.value($param) === undefined) {
      this.#report(this.scope.absence($param), field);
      return undefined;
    }
    for (const bound of this.scope.extremes($param)) {
      if (typeof bound !== 'number') {
        this.report('wrong-type', field, `a number for parameter ${quote($param)}`, quote(bound));
        return undefined;
      }
      if (!this.#within(field, rounded(scaled(bound, expression)), range)) return undefined;
    }
    return { $param, times, over };
  }

  #integer(field: string, value: unknown, range: Range): number | undefined {
    if (typeof value === 'number') {
      if (Number.isInteger(value)) return this.#within(field, value, range) ? value : undefined;
      this.report('wrong-type', field, 'an integer', quote(value));
      return undefined;
    }
    const n = this.#structuralNumber(field, value);
    if (n === undefined) return undefined;
    const whole = floored(n, range.low ?? 1);
    return this.#within(field, whole, range) ? whole : undefined;
  }

  #structuralNumber(field: string, value: unknown): number | undefined {
    const expression = readExpression(value);
    if (expression === undefined || ('$channels' in expression && this.#channels === undefined)) {
      const channels = this.#channels === undefined ? '' : ' or {"$channels", "times", "over"}';
      this.report(
        'wrong-type',
        field,
        `a number${channels === '' ? ' or' : ','} {"$param", "times", "over"}${channels}`,
        quote(value),
      );
      return undefined;
    }
    const base = this.#base(field, expression);
    if (base === undefined) return undefined;
    if (typeof base === 'number') return scaled(base, expression);
    this.report('wrong-type', field, 'a number', quote(base));
    return undefined;
  }

  #base(field: string, expression: Expression): ParamValue | undefined {
    return '$param' in expression
      ? this.structural(field, expression.$param)
      : this.#channels?.(expression.$channels, field);
  }

  #within(field: string, value: number, range: Range): boolean {
    if (isWithin(value, range)) return true;
    this.report('out-of-range', field, rangeText(range), quote(value));
    return false;
  }
}
