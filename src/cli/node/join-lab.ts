/**
 * Finds the lab that `galapagos node` works for: by invitation, by address, or as joined before.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { Discovery } from '../../node/discovery/discovery.ts';
import { ephemeralIdentity, readIdentity } from '../../node/keys/identity.ts';
import type { Identity } from '../../node/keys/identity.ts';
import { readJoinedHost, writeJoinedHost } from '../../node/keys/joined-host.ts';
import type { JoinedHost } from '../../node/keys/joined-host.ts';
import { hostIdOf } from '../../node/keys/key-pair.ts';
import { LanFolder } from '../../node/keys/lan-folder.ts';
import { joinByInvitation, sha256 } from '../../node/pairing/join.ts';
import { hostAddressText, parseHostAddress } from '../../protocol/host-address.ts';
import type { HostAddress } from '../../protocol/host-address.ts';
import { readInvitation } from '../../protocol/invitation.ts';
import type { JoinerAbout } from '../../protocol/pairing-messages.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { dialPair } from '../../transport/door/socket-lines.ts';
import type { NodeDisplay } from '../display/node-display.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { confirmDigits } from './confirm-digits.ts';
import type { ParentOrders } from './parent-orders.ts';

export interface Membership {
  readonly identity: Identity;
  readonly host: JoinedHost;
  /** Null: everything is in memory only. */
  readonly folder: LanFolder | null;
}

export interface Wanted {
  /** Addresses of the host, separated by commas, in the order in which they are tried. */
  readonly host: string | null;
  readonly join?: string;
  readonly ephemeral?: boolean;
  readonly about: JoinerAbout;
  /** Of the app that started this process; null: a person at a terminal answers. */
  readonly orders: ParentOrders | null;
}

/** Folder, within `lan`, of the identity as a node of a lab that this machine itself hosts. */
const OWN_LAB = 'own-lab';

/** @throws GalapagosError `not-admitted`, `not-connected`; UsageError where no lab is known */
export async function joinLab(
  wanted: Wanted,
  context: Context,
  display: NodeDisplay,
): Promise<Membership> {
  const note = (text: string): void => display({ event: 'note', text });
  const own = new LanFolder(context.userFolder, note);
  const { join: invitation, ephemeral = false, about } = wanted;
  if (invitation === undefined && wanted.host === null) return known(own, note);
  if (invitation === undefined) {
    const identity = ephemeral ? ephemeralIdentity() : readIdentity(own);
    const folder = ephemeral ? null : own;
    return { identity, folder, host: await byAddress(wanted.host ?? '', identity, folder) };
  }
  const hostKey = Buffer.from(readInvitation(invitation, sha256).hostKey);
  // A host and its node are distinguished by their keys, also on one machine.
  const folder = readIdentity(own).key.equals(hostKey) ? ownLab(own, note) : own;
  const identity = ephemeral ? ephemeralIdentity() : readIdentity(folder);
  const discovery = new Discovery({ timer: systemTimer, changed: () => undefined });
  discovery.look();
  try {
    const host = await joinByInvitation(invitation, {
      identity,
      about,
      timer: systemTimer,
      folder: ephemeral ? null : folder,
      dial: (address) => dialPair(address),
      seen: (hostId) => discovery.addressesOf(hostId),
    });
    return { identity, host, folder: ephemeral ? null : folder };
  } catch (error) {
    const host = ephemeral ? null : readJoinedHost(folder);
    if (!(error instanceof GalapagosError) || host?.key !== hostKey.toString('hex')) throw error;
    note(`${error.message}. This machine joined that lab before, so it connects as it is.`);
    return { identity, host, folder };
  } finally {
    await discovery.close();
  }

  async function byAddress(
    text: string,
    identity: Identity,
    folder: LanFolder | null,
  ): Promise<JoinedHost> {
    const addresses = text.split(',').map((each) => parseHostAddress(each.trim()));
    const before = folder === null ? null : readJoinedHost(folder);
    const texts = addresses.map(hostAddressText);
    if (before !== null && texts.some((each) => before.addresses.includes(each))) return before;
    const { connection, reached } = await dialFirst(addresses);
    const {
      hostKey: key,
      host,
      node,
    } = await confirmDigits(
      connection,
      { identity, about, timer: systemTimer },
      context,
      display,
      wanted.orders,
    );
    const joined: JoinedHost = {
      id: hostIdOf(key),
      key: key.toString('hex'),
      ownKey: identity.key.toString('hex'),
      node,
      addresses: [reached, ...texts.filter((each) => each !== reached)],
      name: host.name,
      lab: host.lab,
    };
    if (folder !== null) writeJoinedHost(folder, joined);
    return joined;
  }
}

/**
 * Connects to the first address that answers.
 * @throws GalapagosError `not-connected`, with the reason of each address
 */
async function dialFirst(
  addresses: readonly HostAddress[],
): Promise<{ readonly connection: LineConnection; readonly reached: string }> {
  const reasons: string[] = [];
  let last: unknown;
  for (const address of addresses) {
    const reached = hostAddressText(address);
    try {
      return { connection: await dialPair(address), reached };
    } catch (error) {
      last = error;
      reasons.push(`${reached}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new GalapagosError(
    'not-connected',
    `cannot reach ${reasons.join('; ')}; check that the lab is shared there (--share), and that its firewall admits its TCP port`,
    { found: addresses.map(hostAddressText).join(',') },
    last,
  );
}

function known(own: LanFolder, note: (text: string) => void): Membership {
  for (const folder of [own, ownLab(own, note)]) {
    const host = readJoinedHost(folder);
    if (host !== null) return { identity: readIdentity(folder), host, folder };
  }
  throw new UsageError(
    `${hostname()} has joined no lab yet: expected --join with an invitation (galapagos invite on the host), or the address of the host`,
  );
}

function ownLab(own: LanFolder, note: (text: string) => void): LanFolder {
  return new LanFolder(join(own.path, OWN_LAB), note);
}
