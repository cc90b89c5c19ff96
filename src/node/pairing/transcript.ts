/**
 * Cryptography of admission: what both ends compute from the messages that they exchanged. Pure
 * functions of their arguments.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import type { KeyPair } from '../keys/key-pair.ts';
import { publicDer, secretDer } from '../keys/key-pair.ts';
import { Refused } from './conversation.ts';

const LABEL = 'galapagos/pair/1';
const DIGITS = 6;

type Part = Uint8Array | string;

/** Concatenates parts with their lengths, so that two different lists never give one text. */
function joined(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

export function hash(label: string, ...parts: readonly Part[]): Buffer {
  return createHash('sha256')
    .update(joined([`${LABEL}/${label}`, ...parts]))
    .digest();
}

/** Proof of knowing `key`; `label` names the end that proves, so a proof cannot be reflected. */
export function proofOf(
  key: Uint8Array,
  label: 'node' | 'host',
  ...parts: readonly Part[]
): Buffer {
  return createHmac('sha256', key)
    .update(joined([`${LABEL}/${label}`, ...parts]))
    .digest();
}

/** Compares in constant time. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The host's commitment to its nonce, made before it knows the node's. */
export function commitmentOf(hostKey: Part, nodeKey: Part, hostNonce: Part): Buffer {
  return hash('commit', hostKey, nodeKey, hostNonce);
}

/** Everything that both ends must agree on. `about` texts are hashed as they were sent. */
export interface Exchanged {
  readonly hostKey: Uint8Array;
  readonly nodeKey: Uint8Array;
  readonly hostAbout: string;
  readonly nodeAbout: string;
  readonly hostNonce: Uint8Array;
  readonly nodeNonce: Uint8Array;
}

export function transcriptOf(exchanged: Exchanged): Buffer {
  const { hostKey, nodeKey, hostAbout, nodeAbout, hostNonce, nodeNonce } = exchanged;
  return hash('transcript', hostKey, nodeKey, hostAbout, nodeAbout, hostNonce, nodeNonce);
}

/** The six digits that both people compare. */
export function digitsOf(transcript: Buffer): string {
  const number = hash('digits', transcript).readUIntBE(0, 6) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

/**
 * X25519 shared secret.
 * @throws Error for a key of low order, with which the secret would be known to everybody
 */
function sharedSecret(own: KeyPair, other: Uint8Array): Buffer {
  return diffieHellman({
    privateKey: createPrivateKey({ key: secretDer(own.secret), format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: publicDer(other), format: 'der', type: 'spki' }),
  });
}

/**
 * Checks that a key is not of low order, before people are asked.
 * @throws Refused
 */
export function checkKey(own: KeyPair, other: Uint8Array): void {
  if (same(own.key, other)) throw new Refused('protocol', "the other side sent this machine's key");
  try {
    sharedSecret(own, other);
  } catch {
    throw new Refused('protocol', 'expected a public key, found one of low order');
  }
}

function derived(secret: Uint8Array, salt: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

/** The key of both proofs of a pairing. @throws Error for a key of low order */
export function pairingKey(own: KeyPair, other: Uint8Array, transcript: Buffer): Buffer {
  return derived(sharedSecret(own, other), transcript, LABEL);
}

/** The key of both proofs of an invitation. @throws Error for a key of low order */
export function invitationKey(
  own: KeyPair,
  other: Uint8Array,
  invitationSecret: Uint8Array,
  exchanged: Exchanged,
): Buffer {
  const { hostKey, nodeKey, nodeAbout, hostAbout, hostNonce, nodeNonce } = exchanged;
  const salt = hash('invite', hostKey, nodeKey, nodeAbout, hostAbout, hostNonce, nodeNonce);
  const secret = Buffer.concat([sharedSecret(own, other), invitationSecret]);
  return derived(secret, salt, 'galapagos/invite/1');
}

/** The public id of an invitation, from which its secret cannot be found. */
export function invitationId(secret: Uint8Array): string {
  return hash('invitation-id', secret).subarray(0, 8).toString('hex');
}
