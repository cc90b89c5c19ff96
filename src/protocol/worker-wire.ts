/**
 * Worker messages as text and back: JSON, one message on each line, so that a frame can contain
 * several. Parsing checks `type` first, then only that type's schema. Not a transport.
 */
import type { z } from 'zod';
import { GalapagosError } from '../core/errors.ts';
import type { SearchSpace, ParamValue, Params } from '../core/search-space/distribution.ts';
import {
  MAX_CONTROL_CHARACTERS,
  ackSchema,
  beatSchema,
  cancelSchema,
  cohortSchema,
  goodbyeSchema,
  heardSchema,
  helloSchema,
  leavingSchema,
  refusedSchema,
  reportSchema,
  resultSchema,
  studySchema,
  welcomeSchema,
} from './worker-messages.ts';
import type {
  FromWorker,
  ResultMessage,
  StudyMessage,
  TaskMessage,
  ToWorker,
  VersionRange,
} from './worker-messages.ts';

/**
 * Text that is not a message of its channel. `slot` and `incarnation` in `data` are the sender as named
 * in the message, if any.
 */
export class MalformedMessage extends GalapagosError {}

/** Greatest number of characters of a found value in an error. */
const SHOWN = 80;
/** Fields of a message; none has as many. */
const MOST_FIELDS = 64;

/** Returns one line, without its end. Numbers must be finite, except NaN in `params`. */
export function encodeMessage(
  message: FromWorker | ResultMessage | TaskMessage | ToWorker,
): string {
  if (message.type !== 'cohort') return JSON.stringify(message);
  return JSON.stringify({
    ...message,
    lanes: message.lanes.map(({ attempt, params }) => ({ attempt, params: Array.from(params) })),
  });
}

const fromWorker = new Map<unknown, z.ZodType<FromWorker>>([
  ['hello', helloSchema],
  ['beat', beatSchema],
  ['leaving', leavingSchema],
]);
const results = new Map<unknown, z.ZodType<ResultMessage>>([
  ['result', resultSchema],
  ['report', reportSchema],
]);
const toWorker = new Map<unknown, z.ZodType<ToWorker>>([
  ['heard', heardSchema],
  ['ack', ackSchema],
  ['refused', refusedSchema],
  ['cancel', cancelSchema],
  ['welcome', welcomeSchema],
  ['goodbye', goodbyeSchema],
]);
const tasks = new Map<unknown, z.ZodType<TaskMessage>>([
  ['cohort', cohortSchema],
  ['study', studySchema],
]);

/** @throws MalformedMessage */
export const parseFromWorker = (text: string): FromWorker => {
  if (text.length <= MAX_CONTROL_CHARACTERS) return parse(text, fromWorker);
  throw new MalformedMessage(
    'malformed',
    `expected at most ${MAX_CONTROL_CHARACTERS} characters; found ${text.length}`,
  );
};
/** @throws MalformedMessage */
export const parseResult = (text: string): ResultMessage => parse(text, results);
/** @throws MalformedMessage */
export const parseToWorker = (text: string): ToWorker => parse(text, toWorker);
/** @throws MalformedMessage */
export const parseTask = (text: string): TaskMessage => parse(text, tasks);

/**
 * The version range of a hello of any version of this protocol; null: the text is no such hello.
 */
export function helloRange(text: string): VersionRange | null {
  let json: unknown;
  try {
    json = text.length > MAX_CONTROL_CHARACTERS ? null : JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(json) || json['type'] !== 'hello') return null;
  const { data } = helloSchema.shape.v.safeParse(json['v']);
  return data ?? null;
}

function parse<T>(text: string, schemas: ReadonlyMap<unknown, z.ZodType<T>>): T {
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A search space as `study` carries it. */
export function wireParameters(space: SearchSpace): StudyMessage['parameters'] {
  return Object.entries(space).map(([name, distribution]) => ({
    name,
    choices: distribution.type === 'categorical' ? distribution.choices : null,
  }));
}

/**
 * An encoded point by name; inactive parameters absent. A choice index outside its list is null.
 */
export function namedParams(parameters: StudyMessage['parameters'], encoded: Float64Array): Params {
  const named: [string, ParamValue][] = [];
  parameters.forEach(({ name, choices }, i) => {
    const value = encoded[i] ?? NaN;
    if (!Number.isNaN(value))
      named.push([name, choices === null ? value : (choices[value] ?? null)]);
  });
  return Object.fromEntries(named);
}
