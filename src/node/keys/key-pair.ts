/**
 * Key pairs of machines: X25519, which are also the keys of ZeroMQ's CURVE, and the ids derived
 * from them.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { base32 } from '../../core/base32.ts';
import type { KeyPair as HexKeyPair } from '../../transport/keys.ts';

/** Raw keys, 32 bytes each. */
export interface KeyPair {
  readonly secret: Buffer;
  readonly key: Buffer;
}

/** DER headers of an X25519 key, to which the 32 raw bytes are appended. */
const PUBLIC_HEADER = Buffer.from('302a300506032b656e032100', 'hex');
const SECRET_HEADER = Buffer.from('302e020100300506032b656e04220420', 'hex');

export const publicDer = (key: Uint8Array): Buffer => Buffer.concat([PUBLIC_HEADER, key]);
export const secretDer = (secret: Uint8Array): Buffer => Buffer.concat([SECRET_HEADER, secret]);

export function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    secret: privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(SECRET_HEADER.length),
    key: publicKey.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_HEADER.length),
  };
}

/** @param secret 32 bytes */
export function keyPairOf(secret: Buffer): KeyPair {
  const key = createPublicKey(
    createPrivateKey({ key: secretDer(secret), format: 'der', type: 'pkcs8' }),
  );
  const der = key.export({ format: 'der', type: 'spki' });
  return { secret, key: der.subarray(PUBLIC_HEADER.length) };
}

/** The pair as the transport takes it. */
export function hexKeys({ secret, key }: KeyPair): HexKeyPair {
  return { publicKey: key.toString('hex'), secretKey: secret.toString('hex') };
}

function digestText(key: Uint8Array): string {
  return base32(createHash('sha256').update(key).digest());
}

/** The id of a node that was admitted with this key: `n` and 10 characters. */
export function nodeIdOf(key: Uint8Array): string {
  return `n${digestText(key).slice(0, 10)}`;
}

/** The id by which a host announces itself: 16 characters. */
export function hostIdOf(key: Uint8Array): string {
  return digestText(key).slice(0, 16);
}

/** A key as people compare it: groups of the digits of its hash, `abcd efgh ijkl mnop`. */
export function fingerprintOf(key: Uint8Array): string {
  return (hostIdOf(key).match(/.{4}/g) ?? []).join(' ');
}
