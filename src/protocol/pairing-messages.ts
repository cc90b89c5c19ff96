/**
 * Messages by which a machine is admitted to a lab: by six digits that two people compare, or by an
 * invitation. JSON, one message on each line of an unencrypted connection; nothing in them is
 * secret.
 */
import { z } from 'zod';
import { MalformedMessage, parseLine } from './message-line.ts';
import { publicKey } from './node-messages.ts';

/** Supported versions of this protocol, both ends inclusive. */
export const PAIRING_PROTOCOL = { low: 1, high: 1 } as const;

/** Greatest length of a line without its end, in bytes. */
export const MAX_PAIRING_BYTES = 1024;
/** Greatest length of `about`, in bytes. */
export const MAX_ABOUT_BYTES = 512;

const bytesOf = (count: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${count * 2}}$`), {
    error: `expected ${count} bytes in hex`,
  });
const nonce = bytesOf(32);
const mac = bytesOf(32);
const range = z.strictObject({ low: z.int().min(0), high: z.int().min(0) });
/** JSON text, because both ends hash it exactly as it was sent. */
const about = z.string().refine((text) => utf8Length(text) <= MAX_ABOUT_BYTES, {
  error: `expected at most ${MAX_ABOUT_BYTES} bytes`,
});
const nodeId = z.string().regex(/^n[a-z2-7]{10}$/, { error: 'expected the id of a node' });

/** Reasons with which either end ends a conversation. */
export const PAIRING_ENDS = [
  'refused',
  'mismatch',
  'busy',
  'version',
  'timeout',
  'protocol',
] as const;
export type PairingEnd = (typeof PAIRING_ENDS)[number];

const hello = z.strictObject({ type: z.literal('hello'), v: range, key: publicKey, about });
const offer = z.strictObject({
  type: z.literal('offer'),
  v: range,
  key: publicKey,
  about,
  commitment: bytesOf(32),
});
const nonceMessage = z.strictObject({ type: z.literal('nonce'), nonce });
const reveal = z.strictObject({ type: z.literal('reveal'), nonce });
const agreed = z.strictObject({ type: z.literal('agreed'), mac });
const admitted = z.strictObject({ type: z.literal('admitted'), mac, node: nodeId });
const wait = z.strictObject({ type: z.literal('wait') });
const no = z.strictObject({
  type: z.literal('no'),
  reason: z.enum(PAIRING_ENDS),
  /** Range of the sender where the reason is `version`. */
  v: range.exactOptional(),
});
const redeem = z.strictObject({
  type: z.literal('redeem'),
  v: range,
  key: publicKey,
  about,
  /** Id of the invitation. */
  id: bytesOf(8),
  nonce,
});
const challenge = z.strictObject({ type: z.literal('challenge'), v: range, about, nonce });
const proof = z.strictObject({ type: z.literal('proof'), mac });

type Read<Schema extends z.ZodType> = Readonly<z.output<Schema>>;

export type PairingHello = Read<typeof hello>;
export type PairingOffer = Read<typeof offer>;
export type PairingRedeem = Read<typeof redeem>;
export type PairingChallenge = Read<typeof challenge>;
export type PairingAdmitted = Read<typeof admitted>;

/** From the machine that wants to join to the host. */
export type ToHost =
  | PairingHello
  | Read<typeof nonceMessage>
  | Read<typeof agreed>
  | PairingRedeem
  | Read<typeof proof>
  | Read<typeof wait>
  | Read<typeof no>;
/** From the host to the machine that wants to join. */
export type ToJoiner =
  | PairingOffer
  | Read<typeof reveal>
  | PairingChallenge
  | PairingAdmitted
  | Read<typeof wait>
  | Read<typeof no>;

const toHost = new Map<unknown, z.ZodType<ToHost>>([
  ['hello', hello],
  ['nonce', nonceMessage],
  ['agreed', agreed],
  ['redeem', redeem],
  ['proof', proof],
  ['wait', wait],
  ['no', no],
]);
const toJoiner = new Map<unknown, z.ZodType<ToJoiner>>([
  ['offer', offer],
  ['reveal', reveal],
  ['challenge', challenge],
  ['admitted', admitted],
  ['wait', wait],
  ['no', no],
]);

/** @throws MalformedMessage */
export const parseToHost = (line: string): ToHost => parseShort(line, toHost);
/** @throws MalformedMessage */
export const parseToJoiner = (line: string): ToJoiner => parseShort(line, toJoiner);

function parseShort<T>(line: string, schemas: ReadonlyMap<unknown, z.ZodType<T>>): T {
  const length = utf8Length(line);
  if (length <= MAX_PAIRING_BYTES) return parseLine(line, schemas);
  throw new MalformedMessage(
    'malformed',
    `expected at most ${MAX_PAIRING_BYTES} bytes; found ${length}`,
  );
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

const name = z.string().min(1).max(64);

/** Fields of a joining machine's `about`. Fields of later versions are ignored. */
export const joinerAbout = z.object({
  name,
  /** Operating system, for people. */
  system: z.string().max(64),
  cores: z.int().min(1),
  /** Models of its GPUs. */
  devices: z.array(z.string().max(64)).max(16),
});
export type JoinerAbout = Readonly<z.output<typeof joinerAbout>>;

/** Fields of a host's `about`. Fields of later versions are ignored. */
export const hostAbout = z.object({ name, lab: z.string().min(1).max(64) });
export type HostAbout = Readonly<z.output<typeof hostAbout>>;
