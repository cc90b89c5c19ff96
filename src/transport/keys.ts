/** Curve25519 keys: hex here, Z85 in the options of ZeroMQ. */
import { z85 } from '../core/z85.ts';

/** A Curve25519 key pair in hex. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** Returns a key as ZeroMQ's options take it. */
export function curveKey(hex: string): string {
  return z85(Buffer.from(hex, 'hex'));
}
