/** Addresses of this machine at which others may reach it. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An interface's address, without those of this machine alone. */
export interface ExternalAddress {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Name of the interface, the zone of link-local addresses. */
  readonly zone: string;
}

export type Interfaces = ReturnType<typeof networkInterfaces>;

/** IPv4 first, then global IPv6, then link-local IPv6. */
export function externalAddresses(
  interfaces: Interfaces = networkInterfaces(),
): readonly ExternalAddress[] {
  return Object.entries(interfaces)
    .flatMap(([zone, entries = []]) =>
      entries
        .filter(({ internal }) => !internal)
        .map(({ address, family }) => ({ address, family, zone })),
    )
    .sort((a, b) => rank(a.address) - rank(b.address));
}

/** Returns whether an address has a meaning only on one network of this machine. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address) || address.startsWith('169.254.');
}

/** Order in which addresses are tried. */
export function rank(address: string): number {
  return isLinkLocal(address) ? 2 : isIPv6(address) ? 1 : 0;
}

/** Name of the interface whose IPv4 network contains an address; null: none does. */
export function zoneOf(
  address: string,
  interfaces: Interfaces = networkInterfaces(),
): string | null {
  const bits = (text: string): number =>
    text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  for (const [zone, entries = []] of Object.entries(interfaces))
    for (const { family, address: own, netmask } of entries)
      if (family === 'IPv4' && ((bits(own) ^ bits(address)) & bits(netmask)) === 0) return zone;
  return null;
}
