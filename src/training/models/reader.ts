/**
 * Reads the fields of one object of a description and collects all problems instead of stopping at
 * the first. Records which fields were read, so that the remaining ones are reported as unknown.
 */
import type { Problem } from '../../core/errors.ts';
import type { Field, Fields, Numeric, Pair, ReadFields, ReadOf } from '../../core/formats/field.ts';
import { isWithin, rangeText, type Range } from '../../core/formats/range.ts';
import type { ParamValue } from '../objective/objective.ts';
import { nearest, quote } from '../objective/problem.ts';
import { floored, readExpression, scaled, type Expression } from './expression.ts';
import type { Scope } from './scope.ts';

/** An object of a description, unread. */
export type Unread = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Unread {
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
  readonly #fields: Unread;
  readonly #asked: Set<string>;
  /** undefined: the object is not a layer, so `$channels` is not available. */
  readonly #channels: ChannelsOf | undefined;

  constructor(
    fields: Unread,
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
   * Reads a field by its format; undefined if invalid (reported), if it depends on an unknown input
   * shape, or if it is absent and the format allows that.
   */
  read<F extends Field>(name: string, field: F): ReadOf<F> | undefined {
    // `#read` returns what `ReadOf` says of each kind, which TypeScript does not follow.
    return this.#read(name, field) as ReadOf<F> | undefined;
  }

  /** Reads every field in the order of the format; undefined if one has no value (see `read`). */
  readAll<F extends Fields>(fields: F): ReadFields<F> | undefined {
    const values = Object.entries(fields).map(
      ([name, field]) => [name, this.read(name, field)] as const,
    );
    const isWhole = values.every(
      ([name, value]) =>
        value !== undefined || (fields[name]?.optional === true && this.#isAbsent(name)),
    );
    if (!isWhole) return undefined;
    const present = values.filter(([, value]) => value !== undefined);
    return Object.fromEntries(present) as ReadFields<F>;
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
  #pair(field: string, range: Range, fallback?: Pair): Pair | undefined {
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

  /** Reads the word that may stand instead of numbers, or otherwise calls `read`. */
  #orWord(field: string, word: string | undefined, read: () => unknown): unknown {
    const value = this.raw(field);
    if (word === undefined || typeof value !== 'string') return read();
    if (value === word) return word;
    const expected = `a number or ${JSON.stringify(word)}`;
    this.report('wrong-type', field, expected, quote(value), nearest(value, [word]));
    return undefined;
  }

  /** Reads a number that is part of the plan and therefore structural. */
  #number(field: string, range: Range, fallback?: number): number | undefined {
    const value = this.#present(field, fallback, 'a number');
    if (value === undefined) return undefined;
    const n = typeof value === 'number' ? value : this.#structuralNumber(field, value);
    return n !== undefined && this.#within(field, n, range) ? n : undefined;
  }

  /** Reads true, false, or a parameter with these values. */
  #boolean(field: string, fallback: boolean): boolean {
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
  #lane(field: string, range: Range, fallback?: number): Numeric | undefined {
    return this.#perLane(field, range, (n) => n, fallback);
  }

  /** As `#lane`, for an integer: a literal must be an integer, a parameter is rounded down. */
  #wholeLane(field: string, range: Range, fallback?: number): Numeric | undefined {
    const value = this.#perLane(field, range, (n) => floored(n, range.low ?? 1), fallback);
    if (typeof value !== 'number' || Number.isInteger(value)) return value;
    this.report('wrong-type', field, 'an integer', quote(value));
    return undefined;
  }

  /**
   * Reads a number that the search cannot set; returns the fallback if it is invalid (reported).
   */
  #literal(field: string, range: Range, expected: string, fallback?: number): number | undefined {
    const value = this.raw(field) ?? fallback;
    if (typeof value === 'number' && isWithin(value, range)) return value;
    const code = typeof value === 'number' ? 'out-of-range' : 'wrong-type';
    this.report(code, field, expected, quote(value));
    return fallback;
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

  /** Allows the fields of every type where a parameter chooses `type`. */
  allowIfChosen(fields: readonly string[]): void {
    if (typeof this.raw('type') === 'object') for (const field of fields) this.#asked.add(field);
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

  #report(parts: Omit<Problem, 'path' | 'layer'>, field: string | undefined): void {
    this.scope.report({
      ...parts,
      path: field === undefined ? this.path : this.#at(field),
      ...(this.layer === undefined ? {} : { layer: this.layer }),
    });
  }

  #at(field: string): string {
    return this.path === '' ? field : `${this.path}.${field}`;
  }

  /** null counts as absent. */
  #isAbsent(field: string): boolean {
    return (this.raw(field) ?? undefined) === undefined;
  }

  #read(name: string, field: Field): unknown {
    if (field.optional === true && this.#isAbsent(name)) return undefined;
    switch (field.kind) {
      case 'whole':
        return this.#orWord(name, field.or, () => this.integer(name, field.range, field.default));
      case 'pair': {
        const { range, default: both } = field;
        const fallback: Pair | undefined = both === undefined ? undefined : [both, both];
        return this.#orWord(name, field.or, () => this.#pair(name, range, fallback));
      }
      case 'real':
        return this.#number(name, field.range, field.default);
      case 'lane':
        return this.#lane(name, field.range, field.default);
      case 'whole-lane':
        return this.#wholeLane(name, field.range, field.default);
      case 'literal':
        return this.#literal(name, field.range, field.expected, field.default);
      case 'flag':
        return this.#boolean(name, field.default);
      case 'word':
        return this.choice(name, field.words, field.default);
    }
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
