/** Node messages as text and back: JSON, one message on each line. Not a transport. */
import type { z } from 'zod';
import { MalformedMessage, isObject, parseLine } from './message-line.ts';
import {
  courtesySchema,
  NODE_PROTOCOL,
  dataSchema,
  exitedSchema,
  fetchSchema,
  forgetSchema,
  hostPulseSchema,
  introduceSchema,
  inventorySchema,
  keepsSchema,
  killSchema,
  limitsSchema,
  loadSchema,
  nodeGoodbyeSchema,
  nodeLeavingSchema,
  nodePulseSchema,
  nodeSchema,
  nodeWelcomeSchema,
  notedSchema,
  packagesSchema,
  rekeySchema,
  rekeyedSchema,
  spawnSchema,
} from './node-messages.ts';
import type { FromNode, NodeResult, ToNode } from './node-messages.ts';
import { chosenVersion } from './worker-messages.ts';
import type { VersionRange } from './worker-messages.ts';

/** Most characters of a node's own message. */
export const MAX_NODE_CHARACTERS = 1024 * 1024;

/** Returns one line, without its end. */
export function encodeNodeMessage(message: FromNode | NodeResult | ToNode): string {
  return JSON.stringify(message);
}

const fromNode = new Map<unknown, z.ZodType<FromNode>>([
  ['node', nodeSchema],
  ['pulse', nodePulseSchema],
  ['load', loadSchema],
  ['inventory', inventorySchema],
  ['data', dataSchema],
  ['packages', packagesSchema],
  ['keeps', keepsSchema],
  ['limits', limitsSchema],
  ['courtesy', courtesySchema],
  ['rekey', rekeySchema],
  ['rekeyed', rekeyedSchema],
  ['leaving', nodeLeavingSchema],
]);
const nodeResults = new Map<unknown, z.ZodType<NodeResult>>([['exited', exitedSchema]]);
const toNode = new Map<unknown, z.ZodType<ToNode>>([
  ['nodeWelcome', nodeWelcomeSchema],
  ['hostPulse', hostPulseSchema],
  ['spawn', spawnSchema],
  ['kill', killSchema],
  ['noted', notedSchema],
  ['fetch', fetchSchema],
  ['forget', forgetSchema],
  ['introduce', introduceSchema],
  ['limits', limitsSchema],
  ['rekey', rekeySchema],
  ['rekeyed', rekeyedSchema],
  ['goodbye', nodeGoodbyeSchema],
]);

/** @throws MalformedMessage */
export const parseFromNode = (text: string): FromNode => parseShort(text, fromNode);
/** @throws MalformedMessage */
export const parseNodeResult = (text: string): NodeResult => parseShort(text, nodeResults);
/** @throws MalformedMessage */
export const parseToNode = (text: string): ToNode => parseShort(text, toNode);

function parseShort<T>(text: string, schemas: ReadonlyMap<unknown, z.ZodType<T>>): T {
  if (text.length <= MAX_NODE_CHARACTERS) return parseLine(text, schemas);
  throw new MalformedMessage(
    'malformed',
    `expected at most ${MAX_NODE_CHARACTERS} characters; found ${text.length}`,
  );
}

/**
 * Returns the version range of a node's first message of any version of this protocol; null: the
 * text is no such message.
 */
export function nodeRange(text: string): VersionRange | null {
  if (text.length > MAX_NODE_CHARACTERS) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(json) || json['type'] !== 'node') return null;
  const { data } = nodeSchema.shape.v.safeParse(json['v']);
  return data ?? null;
}

/** Returns the goodbye to a node whose versions do not overlap; null: they do. */
export function nodeVersionGoodbye(
  node: string,
  theirs: VersionRange,
): Extract<ToNode, { type: 'goodbye' }> | null {
  if (chosenVersion(theirs, NODE_PROTOCOL) !== null) return null;
  return { type: 'goodbye', reason: 'version', text: versionText(node, theirs, NODE_PROTOCOL) };
}

/** Says which versions a node and its lab speak, and where to update Galapagos. */
export function versionText(node: string, theirs: VersionRange, lab: VersionRange): string {
  const older = theirs.high < lab.low ? node : 'the host of this lab';
  return `${node} speaks protocol ${shown(theirs)}, this lab ${shown(lab)}: update Galapagos on ${older}`;
}

function shown({ low, high }: VersionRange): string {
  return low === high ? String(low) : `${low}–${high}`;
}
