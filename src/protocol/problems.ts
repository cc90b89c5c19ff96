/**
 * Converts zod's issues to problems for users: place, expected, found, nearest valid name. Relies
 * on schemas built with `strict` and on messages in schemas being the *expected* text.
 */
import { z } from 'zod';
import { at } from '../core/at.ts';
import { InvalidInput } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';

/** An object with exactly these fields; for an unknown field the problem lists the valid names. */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : undefined,
  });
}

/** An integer ≥ `least`, exact as a float64. */
export function integer(least: number): z.ZodInt {
  const expected = `an integer ≥ ${least}`;
  return z.int({ error: expected }).min(least, { error: expected });
}

/** Greatest number of problems reported. */
const MOST_PROBLEMS = 100;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks a value against a schema and returns the value or all its problems. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: readonly (string | number)[] = [],
): Parsed<z.output<Schema>> {
  let result: z.ZodSafeParseResult<z.output<Schema>>;
  try {
    result = schema.safeParse(value, { error: expectedText });
  } catch {
    return { ok: false, problems: [unreadable(schema, value, at)] };
  }
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.slice(0, MOST_PROBLEMS);
  return {
    ok: false,
    problems: issues.flatMap((issue) => problemsOf(issue, value, at)).slice(0, MOST_PROBLEMS),
  };
}

/**
 * Describes a value whose parsing throws. Zod compares the `length` of any object, so that
 * `{"length": {"valueOf": 1, "toString": 1}}` in place of a string is a TypeError of JavaScript.
 */
function unreadable(schema: z.ZodType, value: unknown, at: readonly (string | number)[]): Problem {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const throwing = fields.find(([name]) => {
    try {
      schema.safeParse({ ...(value as object), [name]: undefined });
      return true;
    } catch {
      return false;
    }
  });
  return {
    code: 'wrong-type',
    path: pathText(throwing === undefined ? at : [...at, throwing[0]]),
    expected: 'a value of the type in the schema',
    found: foundText(throwing === undefined ? value : throwing[1]),
  };
}

/** Parses a value with a schema. @throws InvalidInput with all its problems */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  source: string,
): z.output<Schema> {
  const result = check(schema, value);
  if (!result.ok) throw new InvalidInput(source, result.problems);
  return result.value;
}

/** `searchSpace.units.step`, `layers[3]`, `params["odd name"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(String(part)))
      text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

/** Formats a found value: JSON, cut at 60 characters. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value))
    return value.length === 0
      ? 'an empty list'
      : shorten(`a list [${outline(value[0])}${value.length > 1 ? ', …' : ''}]`);
  if (typeof value === 'object' && value !== null)
    return shorten(`an object {${Object.keys(value).slice(0, 8).join(', ')}}`);
  return outline(value);
}

function outline(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  return String(value);
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function problemsOf(
  issue: z.core.$ZodIssue,
  root: unknown,
  at: readonly (string | number)[],
): Problem[] {
  const path = [...at, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.split(', ');
    return issue.keys.slice(0, MOST_PROBLEMS).map((key) => {
      const nearest = nearestName(key, allowed);
      const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
      const expected = issue.message === '' ? 'no field' : `one of ${issue.message}`;
      return {
        code: 'unknown-field',
        path: pathText([...path, key]),
        expected,
        found: key === '' ? '""' : shorten(key),
        hint,
      };
    });
  }
  if (issue.code === 'invalid_key') {
    const key = issue.path.at(-1);
    return [
      {
        code: 'bad-name',
        path: pathText(path),
        expected: issue.issues[0]?.message ?? 'another name',
        found: foundText(key),
      },
    ];
  }
  const found = lookUp(root, issue.path);
  return [
    {
      code:
        found === undefined
          ? 'missing-field'
          : issue.code === 'invalid_type'
            ? 'wrong-type'
            : 'out-of-range',
      path: pathText(path),
      expected: issue.message,
      found: foundText(found),
      hint: hintOf(issue, found),
    },
  ];
}

function hintOf(issue: z.core.$ZodIssue, found: unknown): string | undefined {
  if (typeof found !== 'string') return undefined;
  if (
    issue.code === 'invalid_type' &&
    issue.expected !== 'string' &&
    found.trim() !== '' &&
    Number.isFinite(Number(found))
  ) {
    return 'a number stands without quotes';
  }
  const names = namesAllowed(issue);
  const version = /^(galapagos-[a-z-]+)\/(\d+)$/.exec(found);
  if (version !== null && names.some((name) => name.startsWith(`${at(version, 1)}/`)))
    return 'written for another version of Galapagos';
  const nearest = nearestName(found, names);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}

function namesAllowed(issue: z.core.$ZodIssue): string[] {
  const values = issue.code === 'invalid_value' ? issue.values : unionNames(issue);
  return values.filter((value) => typeof value === 'string');
}

/** Returns the discriminator's values of a union of objects; empty for other unions. */
function unionNames(issue: object): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? (issue.options as unknown[]) : [];
}

function lookUp(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'an integer',
  string: 'a text',
  boolean: 'true or false',
  object: 'an object {…}',
  record: 'an object {…}',
  array: 'a list […]',
  null: 'null',
};

function expectedText(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? '>' : '≥', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? '<' : '≤', issue.maximum);
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return unionNames(issue).length === 0 ? 'another value' : oneOf(unionNames(issue));
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    default:
      return 'another value';
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `a text of length ${relation} ${limit}`;
  if (origin === 'array') return `a list of length ${relation} ${limit}`;
  return `${origin === 'int' ? 'an integer' : 'a number'} ${relation} ${limit}`;
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) =>
    typeof value === 'string' ? JSON.stringify(value) : String(value),
  );
  return texts.length === 1 ? at(texts, 0) : `one of ${texts.join(', ')}`;
}
