/**
 * The text of an invitation: `galapagos-join:` and base32 of a version, flags, the host's public
 * key, a secret, a port, addresses and a checksum. It admits a machine without a person at the
 * host, so it is as confidential as a password.
 */
import { base32, fromBase32 } from '../core/base32.ts';
import { InvalidInput } from '../core/errors.ts';

const PREFIX = 'galapagos-join:';
const VERSION = 1;
const EPHEMERAL = 1;
const KEY_BYTES = 32;
export const INVITATION_SECRET_BYTES = 16;
const CHECKSUM_BYTES = 4;
export const MOST_INVITATION_ADDRESSES = 4;
const HOST_NAME = /^[\w.-]{1,255}$/;

/** Form of an address: numbers of the first byte of each. */
const FORM = { name: 1, ipv4: 4, ipv6: 6 } as const;

export interface Invitation {
  /** The host's public key. */
  readonly hostKey: Uint8Array;
  readonly secret: Uint8Array;
  readonly port: number;
  /** Addresses or names of the host, best first; none where discovery must find it. */
  readonly addresses: readonly string[];
  /** True if the host forgets a machine that joined by it soon after that machine left. */
  readonly ephemeral: boolean;
}

/** SHA-256 of bytes; passed in because this layer has no cryptography. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/**
 * @throws InvalidInput for an address that is neither an IP address nor a host name; RangeError for
 *   more than `MOST_INVITATION_ADDRESSES`
 */
export function writeInvitation(invitation: Invitation, sha256: Sha256): string {
  const { hostKey, secret, port, addresses, ephemeral } = invitation;
  if (addresses.length > MOST_INVITATION_ADDRESSES)
    throw new RangeError(`${addresses.length} addresses of ${MOST_INVITATION_ADDRESSES}`);
  const content = Uint8Array.from([
    VERSION,
    ephemeral ? EPHEMERAL : 0,
    ...hostKey,
    ...secret,
    port >> 8,
    port & 0xff,
    ...addresses.flatMap(addressBytes),
  ]);
  return PREFIX + base32(Uint8Array.from([...content, ...checksum(content, sha256)]));
}

/**
 * Parses the text of an invitation. Ignores white space, which e-mail programs insert, and case.
 * @throws InvalidInput with the field, and what to do
 */
export function readInvitation(text: string, sha256: Sha256): Invitation {
  const found = text.replaceAll(/\s/g, '').toLowerCase();
  if (!found.startsWith(PREFIX))
    throw wrong('', `a text that begins with ${PREFIX}`, JSON.stringify(found.slice(0, 20)));
  const bytes = fromBase32(found.slice(PREFIX.length));
  const damaged = (): InvalidInput =>
    wrong('', 'a whole invitation', `a damaged one of ${found.length} characters`);
  if (bytes === null || bytes.length < CHECKSUM_BYTES + 2) throw damaged();
  const content = bytes.subarray(0, -CHECKSUM_BYTES);
  const sum = checksum(content, sha256);
  if (!bytes.subarray(-CHECKSUM_BYTES).every((byte, i) => byte === sum[i])) throw damaged();
  const reader = new Reader(content, damaged);
  const version = reader.byte();
  if (version !== VERSION)
    throw wrong(
      'version',
      String(VERSION),
      `${version}; install the release of Galapagos that the host has`,
    );
  const flags = reader.byte();
  const hostKey = reader.bytes(KEY_BYTES);
  const secret = reader.bytes(INVITATION_SECRET_BYTES);
  const port = reader.byte() * 256 + reader.byte();
  const addresses: string[] = [];
  while (!reader.ended) addresses.push(reader.address());
  if (port === 0 || addresses.length > MOST_INVITATION_ADDRESSES) throw damaged();
  return { hostKey, secret, port, addresses, ephemeral: (flags & EPHEMERAL) !== 0 };
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #damaged: () => InvalidInput;
  #at = 0;

  constructor(bytes: Uint8Array, damaged: () => InvalidInput) {
    this.#bytes = bytes;
    this.#damaged = damaged;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw this.#damaged();
    return value;
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw this.#damaged();
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  address(): string {
    const form = this.byte();
    if (form === FORM.ipv4) return this.bytes(4).join('.');
    if (form === FORM.ipv6) return ipv6Text(this.bytes(16));
    if (form === FORM.name) return String.fromCharCode(...this.bytes(this.byte()));
    throw this.#damaged();
  }
}

function addressBytes(address: string): number[] {
  const parts = address.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return [FORM.ipv4, ...parts.map(Number)];
  const groups = address.includes(':') ? ipv6Groups(address) : null;
  if (groups !== null) return [FORM.ipv6, ...groups.flatMap((group) => [group >> 8, group & 0xff])];
  if (!HOST_NAME.test(address))
    throw new InvalidInput('invitation', [
      {
        code: 'out-of-range',
        path: 'addresses',
        expected: 'IP addresses or host names of letters, digits, "-", "." and "_"',
        found: JSON.stringify(address),
      },
    ]);
  return [FORM.name, address.length, ...Array.from(address, (letter) => letter.charCodeAt(0))];
}

/** The eight groups of an IPv6 address; null: it is none, or has a zone. */
function ipv6Groups(address: string): number[] | null {
  const halves = address.split('::');
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  if (halves.length > 2 || (tail !== undefined && zeros < 1)) return null;
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])];
  return groups.length === 8 && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null;
}

function ipv6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2).toString(16)).join(':');
}

function checksum(content: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(content).subarray(0, CHECKSUM_BYTES);
}

const HINT = 'copy the whole line that galapagos invite printed on the host';

function wrong(path: string, expected: string, found: string): InvalidInput {
  return new InvalidInput('invitation', [
    { code: 'out-of-range', path, expected, found, hint: HINT },
  ]);
}
