/**
 * Announces this host and finds others on the local network by mDNS. Says where a host may be and
 * nothing else: who it is follows from its key.
 */
import { networkInterfaces } from 'node:os';
import type { Service } from 'bonjour-service';
import { z } from 'zod';
import { withEscapes } from '../../core/hidden-characters.ts';
import { hostAddressText } from '../../protocol/host-address.ts';
import type { HostAddress } from '../../protocol/host-address.ts';
import { PAIRING_PROTOCOL } from '../../protocol/pairing-messages.ts';
import { chosenVersion } from '../../protocol/worker-messages.ts';
import type { VersionRange } from '../../protocol/worker-messages.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { externalAddresses, isLinkLocal, rank, zoneOf } from './addresses.ts';
import type { Interfaces } from './addresses.ts';
import { Mdns } from './mdns.ts';
import type { Advertised } from './mdns.ts';

/** Milliseconds between two looks at the interfaces of this machine. */
export const INTERFACES_MS = 10_000;
/** Milliseconds between two questions while a window or a command looks. */
export const LOOK_MS = 20_000;
/** Milliseconds after which a host that does not answer is dropped. */
export const DROPPED_MS = 120_000;
const MDNS_PORT = 5353;
const MOST_LABS = 256;
const MOST_ADDRESSES = 16;
/** Longest DNS label, in bytes. */
const LABEL_BYTES = 63;

/** Name of the environment variable that turns discovery off. */
const VARIABLE = 'GALAPAGOS_DISCOVERY';
const isOff = (): boolean => process.env[VARIABLE] === 'off';

export interface Announcement {
  readonly hostId: string;
  /** Name of this machine. */
  readonly name: string;
  /** TCP port of the door. */
  readonly port: number;
}

export interface SeenLab {
  readonly hostId: string;
  readonly name: string;
  /** Best first; link-local ones have their zone and come last. */
  readonly addresses: readonly HostAddress[];
  /** Time at which it was heard last, in milliseconds of `now`. */
  readonly seenAt: number;
  /** True if it speaks a version of the protocol that this machine speaks. */
  readonly compatible: boolean;
}

export interface DiscoveryOptions {
  readonly timer: Timer;
  /** Called after each change of `labs` and `blind`. */
  readonly changed: () => void;
  /** Wall time, in milliseconds. */
  readonly now?: () => number;
  readonly interfaces?: () => Interfaces;
  /** UDP port. */
  readonly port?: number;
}

const txt = z.object({
  id: z.string().regex(/^[a-z2-7]{16}$/),
  n: z.string().min(1).max(64),
  v: z.string().regex(/^\d{1,4}-\d{1,4}$/),
});

interface Seen extends SeenLab {
  readonly byInterface: ReadonlyMap<string, readonly HostAddress[]>;
}

export class Discovery {
  readonly #options: Required<DiscoveryOptions>;
  /** By address of the interface. */
  readonly #mdns = new Map<string, Mdns>();
  readonly #labs = new Map<string, Seen>();
  readonly #failures = new Map<string, string>();
  #announcement: Announcement | null = null;
  #lookers = 0;
  #cancelInterfaces = (): void => undefined;
  #cancelLook = (): void => undefined;
  #closed = false;

  constructor(options: DiscoveryOptions) {
    this.#options = {
      now: Date.now,
      interfaces: isOff() ? () => ({}) : networkInterfaces,
      port: MDNS_PORT,
      ...options,
    };
    this.#watchInterfaces();
  }

  /** Labs that were heard of within `DROPPED_MS`, by name. */
  get labs(): readonly SeenLab[] {
    const oldest = this.#options.now() - DROPPED_MS;
    return [...this.#labs.values()]
      .filter(({ hostId, seenAt }) => seenAt > oldest && hostId !== this.#announcement?.hostId)
      .map(({ hostId, name, addresses, seenAt, compatible }) => ({
        hostId,
        name,
        addresses,
        seenAt,
        compatible,
      }))
      .sort((a, b) => a.name.localeCompare(b.name) || a.hostId.localeCompare(b.hostId));
  }

  /** Addresses at which a host is seen; empty: it is not. */
  addressesOf(hostId: string): readonly HostAddress[] {
    return this.labs.find((lab) => lab.hostId === hostId)?.addresses ?? [];
  }

  /** Reason why no lab can be seen; null: labs can be seen. */
  get blind(): string | null {
    if (this.#mdns.size === 0)
      return isOff()
        ? `discovery is turned off (${VARIABLE}=off)`
        : 'this machine is connected to no network';
    const working = [...this.#mdns.keys()].some((address) => !this.#failures.has(address));
    return working ? null : ([...this.#failures.values()][0] ?? null);
  }

  /** Announces this machine as a host; null: withdraws it. */
  async announce(announcement: Announcement | null): Promise<void> {
    this.#announcement = announcement;
    const all = [...this.#mdns.values()];
    await Promise.all(all.map((mdns) => mdns.withdraw()));
    if (announcement !== null && !this.#closed)
      for (const mdns of this.#mdns.values()) mdns.announce(advertised(announcement));
  }

  /** Looks for labs until the returned function is called. */
  look(): () => void {
    this.#lookers += 1;
    if (this.#lookers === 1) this.#ask();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#lookers -= 1;
      if (this.#lookers > 0) return;
      this.#cancelLook();
      for (const mdns of this.#mdns.values()) mdns.stopLooking();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelInterfaces();
    this.#cancelLook();
    await Promise.all([...this.#mdns.values()].map((mdns) => mdns.close()));
    this.#mdns.clear();
  }

  #ask(): void {
    for (const mdns of this.#mdns.values()) mdns.look();
    this.#drop();
    this.#cancelLook();
    this.#cancelLook = this.#options.timer.after(LOOK_MS, () => this.#ask());
  }

  #watchInterfaces(): void {
    const now = new Set(
      externalAddresses(this.#options.interfaces())
        .filter(({ family }) => family === 'IPv4')
        .map(({ address }) => address),
    );
    let isChanged = false;
    for (const [address, mdns] of this.#mdns)
      if (!now.has(address)) {
        isChanged = true;
        this.#mdns.delete(address);
        this.#failures.delete(address);
        void mdns.close();
      }
    for (const address of now)
      if (!this.#mdns.has(address)) {
        isChanged = true;
        this.#open(address);
      }
    this.#drop();
    if (isChanged) this.#options.changed();
    this.#cancelInterfaces = this.#options.timer.after(INTERFACES_MS, () => {
      this.#watchInterfaces();
    });
  }

  #open(address: string): void {
    const mdns = new Mdns(address, this.#options.port, {
      found: (service) => this.#found(address, service),
      gone: (service) => this.#gone(address, service),
      failed: (error) => {
        this.#failures.set(address, `mDNS on ${address}: ${error.message}`);
        this.#options.changed();
      },
    });
    this.#mdns.set(address, mdns);
    if (this.#announcement !== null) mdns.announce(advertised(this.#announcement));
    if (this.#lookers > 0) mdns.look();
  }

  #found(through: string, service: Service): void {
    const { success, data } = txt.safeParse(service.txt);
    const isPort = service.port > 0 && service.port <= 65_535;
    if (this.#closed || !success || !isPort) return;
    const known = this.#labs.get(data.id);
    if (known === undefined && this.#labs.size >= MOST_LABS) return;
    const byInterface = new Map(known?.byInterface).set(through, this.#addresses(service));
    this.#labs.set(data.id, {
      hostId: data.id,
      name: withEscapes(data.n),
      seenAt: this.#options.now(),
      compatible: chosenVersion(rangeOf(data.v), PAIRING_PROTOCOL) !== null,
      ...merged(byInterface),
    });
    this.#options.changed();
  }

  /** The address that answered comes first: it is reachable from here. */
  #addresses({ referer, addresses = [], port }: Service): readonly HostAddress[] {
    const answered = referer?.address ?? '';
    const zone = zoneOf(answered, this.#options.interfaces());
    return [...new Set([answered, ...addresses])]
      .filter((host) => /^[0-9a-f.:]{2,45}$/i.test(host))
      .filter((host) => !host.includes(':') || !isLinkLocal(host) || zone !== null)
      .map((host) => ({
        host: host.includes(':') && isLinkLocal(host) ? `${host}%${zone}` : host,
        port,
      }));
  }

  /** A host may leave one of its networks and stay on another. */
  #gone(through: string, service: Service): void {
    const { success, data } = txt.safeParse(service.txt);
    const known = success ? this.#labs.get(data.id) : undefined;
    if (known === undefined) return;
    const byInterface = new Map(known.byInterface);
    byInterface.delete(through);
    if (byInterface.size === 0) this.#labs.delete(known.hostId);
    else this.#labs.set(known.hostId, { ...known, ...merged(byInterface) });
    this.#options.changed();
  }

  #drop(): void {
    const oldest = this.#options.now() - DROPPED_MS;
    let isChanged = false;
    for (const [id, { seenAt }] of this.#labs)
      if (seenAt <= oldest) {
        this.#labs.delete(id);
        isChanged = true;
      }
    if (isChanged) this.#options.changed();
  }
}

function merged(
  byInterface: ReadonlyMap<string, readonly HostAddress[]>,
): Pick<Seen, 'addresses' | 'byInterface'> {
  const all = new Map(
    [...byInterface.values()].flat().map((address) => [hostAddressText(address), address]),
  );
  const addresses = [...all.values()].sort((a, b) => rank(a.host) - rank(b.host));
  return { addresses: addresses.slice(0, MOST_ADDRESSES), byInterface };
}

function advertised({ hostId, name, port }: Announcement): Advertised {
  const ending = ` ${hostId.slice(0, 4)}`;
  let instance = '';
  for (const character of name)
    if (Buffer.byteLength(instance + character + ending) <= LABEL_BYTES) instance += character;
    else break;
  const { low, high } = PAIRING_PROTOCOL;
  return {
    instance: instance + ending,
    target: `${hostId}.local`,
    port,
    txt: { v: `${low}-${high}`, id: hostId, n: Array.from(name).slice(0, 32).join('') },
  };
}

function rangeOf(text: string): VersionRange {
  const [low = 0, high = 0] = text.split('-').map(Number);
  return { low, high };
}

/** Announces a shared lab until the returned function is called. */
export function announceLab(announcement: Announcement): () => void {
  const discovery = new Discovery({ timer: systemTimer, changed: () => undefined });
  void discovery.announce(announcement);
  return () => void discovery.close();
}
