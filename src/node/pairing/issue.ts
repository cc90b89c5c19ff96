/** Issues the text of an invitation. */
import {
  MOST_INVITATION_ADDRESSES,
  readInvitation,
  writeInvitation,
} from '../../protocol/invitation.ts';
import { externalAddresses, isLinkLocal } from '../discovery/addresses.ts';
import type { KeyPair } from '../keys/key-pair.ts';
import type { Invitations, KeptInvitation } from './invitations.ts';
import { sha256 } from './join.ts';

export interface Wanted {
  /** Number of machines that it admits. */
  readonly uses: number;
  /** Milliseconds for which it counts. */
  readonly ms: number;
  readonly ephemeral: boolean;
  readonly port: number;
  /** Empty: this machine's own. */
  readonly addresses: readonly string[];
}

export interface Issued {
  readonly text: string;
  readonly kept: KeptInvitation;
  readonly addresses: readonly string[];
}

/** @throws InvalidInput for an address that is neither an IP address nor a host name */
export function issueInvitation(
  { key }: Pick<KeyPair, 'key'>,
  invitations: Invitations,
  { uses, ms, ephemeral, port, addresses: given }: Wanted,
): Issued {
  const addresses = given.length > 0 ? given : ownAddresses();
  const text = (secret: Uint8Array): string =>
    writeInvitation({ hostKey: key, secret, port, addresses, ephemeral }, sha256);
  // Addresses are checked before anything is stored.
  readInvitation(text(new Uint8Array(16)), sha256);
  const kept = invitations.issue({ uses, ms, ephemeral });
  return { text: text(Buffer.from(kept.secret, 'hex')), kept, addresses };
}

/** Link-local ones need a zone, which only the machine that joins knows. */
function ownAddresses(): readonly string[] {
  const external = externalAddresses()
    .map(({ address }) => address)
    .filter((address) => !isLinkLocal(address));
  return external.length === 0 ? ['127.0.0.1'] : external.slice(0, MOST_INVITATION_ADDRESSES);
}
