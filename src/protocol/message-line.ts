/**
 * A message as one line of JSON: its type selects its schema, then only that schema is applied.
 * Shared by worker, node and dataset messages.
 */
import type { z } from 'zod';
import { GalapagosError } from '../core/errors.ts';

/**
 * Text that is not a message of its channel. `slot` and `incarnation` in `data` are the sender as
 * named in the message, if any.
 */
export class MalformedMessage extends GalapagosError {}

/** Greatest number of characters of a found value in an error. */
const SHOWN = 80;
/** Fields of a message; none has as many. */
const MOST_FIELDS = 64;

/** @throws MalformedMessage */
export function parseLine<T>(text: string, schemas: ReadonlyMap<unknown, z.ZodType<T>>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MalformedMessage(
      'malformed',
      `not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isObject(json))
    throw new MalformedMessage('malformed', `expected an object, found ${shown(json)}`);
  if (Object.keys(json).length > MOST_FIELDS)
    throw refusal(json, '', 'expected the fields of a message', json);
  const schema = schemas.get(json['type']);
  if (schema === undefined) {
    const known = [...schemas.keys()].map(String).join(', ');
    throw refusal(json, 'type', `expected one of ${known}`, json['type']);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  throw refusal(json, path.map(String).join('.'), issue?.message ?? 'invalid', at(json, path));
}

function refusal(
  json: Record<string, unknown>,
  path: string,
  expected: string,
  found: unknown,
): MalformedMessage {
  const type = typeof json['type'] === 'string' ? json['type'].slice(0, 32) : 'message';
  const data: Record<string, unknown> = { type, path };
  if (typeof json['slot'] === 'string' && typeof json['incarnation'] === 'string')
    Object.assign(data, { slot: json['slot'], incarnation: json['incarnation'] });
  return new MalformedMessage(
    'malformed',
    `${type}${path === '' ? '' : `: ${path}`}: ${expected}; found ${shown(found)}`,
    data,
  );
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of path)
    here =
      typeof here === 'object' && here !== null
        ? (here as Record<PropertyKey, unknown>)[key]
        : undefined;
  return here;
}

/**
 * Bounded in time, whatever was found: JSON of a deep or large value would take seconds or the
 * stack.
 */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, SHOWN) : value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
