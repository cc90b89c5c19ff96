/** Joins a lab by an invitation: reaches the host, redeems, and remembers it. */
import { createHash } from 'node:crypto';
import { GalapagosError } from '../../core/errors.ts';
import { hostAddressText } from '../../protocol/host-address.ts';
import type { HostAddress } from '../../protocol/host-address.ts';
import { readInvitation } from '../../protocol/invitation.ts';
import type { Invitation, Sha256 } from '../../protocol/invitation.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { writeJoinedHost } from '../keys/joined-host.ts';
import type { JoinedHost } from '../keys/joined-host.ts';
import { hostIdOf } from '../keys/key-pair.ts';
import type { LanFolder } from '../keys/lan-folder.ts';
import type { Failure } from './conversation.ts';
import type { Admission, JoinParts } from './join-parts.ts';
import { redeem } from './node-redeem.ts';
import { same } from './transcript.ts';

export const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** Opens a connection of the channel `pair`. @throws Error when it cannot be established */
export type Dial = (address: HostAddress) => Promise<LineConnection>;

/** Milliseconds between two rounds over the addresses. */
const ROUND_MS = 1000;
/** Milliseconds for which a host that does not answer, or is busy, is tried again. */
export const JOIN_MS = 30_000;

export interface JoiningParts extends JoinParts {
  /** Null: nothing is stored, for a machine whose key is in memory only. */
  readonly folder: LanFolder | null;
  readonly dial: Dial;
  /** Addresses at which discovery sees the host with an id. */
  readonly seen?: (hostId: string) => readonly HostAddress[];
}

/**
 * @param text of the invitation
 * @returns the host, once it is stored
 * @throws InvalidInput for a text that is no invitation; GalapagosError `not-admitted` if the host
 *   refuses it, `not-connected` if no host answers
 */
export async function joinByInvitation(text: string, parts: JoiningParts): Promise<JoinedHost> {
  const invitation = readInvitation(text, sha256);
  if (same(invitation.hostKey, parts.identity.key))
    throw new GalapagosError(
      'not-admitted',
      'this machine issued the invitation itself: use it on another machine, or set ' +
        'GALAPAGOS_HOME to another folder to start a second node on this one',
    );
  const { timer } = parts;
  const began = timer.now();
  for (;;) {
    const tried = await tryAddresses(invitation, parts);
    if ('joined' in tried) return tried.joined;
    if (tried.final || timer.now() - began >= JOIN_MS) throw tried.error;
    // At random, because many machines of a cluster may start together.
    const wait = ROUND_MS * (0.5 + Math.random());
    await new Promise<void>((resolve) => void timer.after(wait, resolve));
  }
}

type Try =
  { readonly joined: JoinedHost } | { readonly error: GalapagosError; readonly final: boolean };

async function tryAddresses(invitation: Invitation, parts: JoiningParts): Promise<Try> {
  const hostId = hostIdOf(invitation.hostKey);
  const named = invitation.addresses.map((host) => ({ host, port: invitation.port }));
  const addresses = [...named, ...(parts.seen?.(hostId) ?? [])];
  const reasons: string[] = [];
  /** Addresses by what they answered. */
  const refusals = new Map<string, string[]>();
  for (const address of addresses) {
    const place = hostAddressText(address);
    let connection: LineConnection;
    try {
      connection = await parts.dial(address);
    } catch (error) {
      reasons.push(`${place}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const end = await redeem(connection, parts, invitation);
    if ('node' in end) return { joined: store(end, address, addresses, parts) };
    // Another machine may have an address of the host by now, so the others are tried all the same.
    const final = FINAL[end.reason];
    if (final === undefined) reasons.push(`${place}: ${end.detail} (${end.reason})`);
    else refusals.set(final, [...(refusals.get(final) ?? []), place]);
  }
  if (refusals.size > 0) {
    const texts = [...refusals].map(([final, places]) => `${places.join(', ')}: ${final}`);
    return { error: new GalapagosError('not-admitted', texts.join('; ')), final: true };
  }
  const found =
    addresses.length === 0
      ? 'the invitation names no address, and no lab with its key is seen on this network'
      : reasons.join('; ');
  const todo =
    'check that the lab is shared there (--share), and that its firewall admits its TCP port';
  return {
    error: new GalapagosError('not-connected', `cannot reach the host: ${found}; ${todo}`),
    final: false,
  };
}

/** Ends after which another try cannot succeed. */
const FINAL: Readonly<Partial<Record<Failure['reason'], string>>> = {
  refused:
    'the host refused the invitation: it was used, has expired or was revoked; ' +
    'make another one there with galapagos invite',
  version: 'the host speaks another version of the protocol: install the same release on both',
};

function store(
  { hostKey, host, node }: Admission,
  reached: HostAddress,
  all: readonly HostAddress[],
  { folder, identity }: JoiningParts,
): JoinedHost {
  const addresses = [reached, ...all.filter((address) => address !== reached)];
  const joined: JoinedHost = {
    id: hostIdOf(hostKey),
    key: hostKey.toString('hex'),
    ownKey: identity.key.toString('hex'),
    node,
    addresses: addresses.map(hostAddressText),
    name: host.name,
    lab: host.lab,
  };
  if (folder !== null) writeJoinedHost(folder, joined);
  return joined;
}
