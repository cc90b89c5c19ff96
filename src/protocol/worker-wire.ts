/**
 * Worker messages as text and back: JSON, one message on each line, so that a frame can contain
 * several. Not a transport.
 */
import type { z } from 'zod';
import type { SearchSpace, ParamValue, Params } from '../core/search-space/distribution.ts';
import { MalformedMessage, isObject, parseLine } from './message-line.ts';
import {
  MAX_CONTROL_CHARACTERS,
  ackSchema,
  beatSchema,
  cancelSchema,
  cohortSchema,
  discardSchema,
  goodbyeSchema,
  heardSchema,
  helloSchema,
  holdSchema,
  leavingSchema,
  outputSchema,
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

/** Returns one line, without its end. Numbers must be finite, except NaN in `params`. */
export function encodeMessage(
  message: FromWorker | ResultMessage | TaskMessage | ToWorker,
): string {
  if (message.type !== 'cohort') return JSON.stringify(message);
  return JSON.stringify({
    ...message,
    lanes: message.lanes.map(({ params, ...lane }) => ({ ...lane, params: Array.from(params) })),
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
  ['output', outputSchema],
]);
const toWorker = new Map<unknown, z.ZodType<ToWorker>>([
  ['heard', heardSchema],
  ['ack', ackSchema],
  ['refused', refusedSchema],
  ['cancel', cancelSchema],
  ['hold', holdSchema],
  ['discard', discardSchema],
  ['welcome', welcomeSchema],
  ['goodbye', goodbyeSchema],
]);
const tasks = new Map<unknown, z.ZodType<TaskMessage>>([
  ['cohort', cohortSchema],
  ['study', studySchema],
]);

/** @throws MalformedMessage */
export const parseFromWorker = (text: string): FromWorker => {
  if (text.length <= MAX_CONTROL_CHARACTERS) return parseLine(text, fromWorker);
  throw new MalformedMessage(
    'malformed',
    `expected at most ${MAX_CONTROL_CHARACTERS} characters; found ${text.length}`,
  );
};
/** @throws MalformedMessage */
export const parseResult = (text: string): ResultMessage => parseLine(text, results);
/** @throws MalformedMessage */
export const parseToWorker = (text: string): ToWorker => parseLine(text, toWorker);
/** @throws MalformedMessage */
export const parseTask = (text: string): TaskMessage => parseLine(text, tasks);

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
