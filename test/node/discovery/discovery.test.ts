/** Discovery over the loopback interface, on a UDP port of each test. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { externalAddresses, rank, zoneOf } from '../../../src/node/discovery/addresses.ts';
import {
  DROPPED_MS,
  Discovery,
  INTERFACES_MS,
  LOOK_MS,
} from '../../../src/node/discovery/discovery.ts';
import { SEARCH_MS, searchHost } from '../../../src/node/discovery/host-search.ts';
import type { HostAddress } from '../../../src/protocol/host-address.ts';
import { discoverLabs } from '../../../src/node/discovery/seen-labs.ts';
import { seenBody } from '../../../src/protocol/window/nodes.ts';
import type { SeenBody } from '../../../src/protocol/window/nodes.ts';
import type { Interfaces } from '../../../src/node/discovery/addresses.ts';
import { ManualTimer } from '../../support/manual-timer.ts';

const ID = 'abcdefghijklmnop';
const OTHER = 'qrstuvwxyz234567';

function entry(address: string, more: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  const base = { address, netmask: '255.255.255.0', mac: '02:00:00:00:00:01', internal: false };
  return { ...base, cidr: null, family, scopeid: 0, ...more };
}

/** Loopback in the place of a network. */
const loopback: Interfaces = { lo: [entry('127.0.0.1', { netmask: '255.0.0.0' })] };

let port: number;
let timer: ManualTimer;
let open: Discovery[];
const now = (): number => 1_000_000 + timer.now();

beforeEach(async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  port = socket.address().port;
  await new Promise<void>((resolve) => socket.close(resolve));
  timer = new ManualTimer();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((discovery) => discovery.close()));
});

function discovery(interfaces = () => loopback, changed = (): void => undefined): Discovery {
  const made = new Discovery({ timer, changed, now, interfaces, port });
  open.push(made);
  return made;
}

describe('Discovery: labs on the network', () => {
  it('finds a host with its address, port and name, and loses it at its goodbye', async () => {
    const [host, node] = [discovery(), discovery()];
    await host.announce({ hostId: ID, name: 'desk.home', port: 47_811 });
    node.look();
    await expect.poll(() => node.labs).toHaveLength(1);
    const [lab] = node.labs;
    expect(lab).toMatchObject({ hostId: ID, name: 'desk.home', compatible: true });
    expect(lab?.addresses).toContainEqual({ host: '127.0.0.1', port: 47_811 });
    expect(node.addressesOf(ID)).toEqual(lab?.addresses);
    expect(node.blind).toBeNull();
    await host.announce(null);
    await expect.poll(() => node.labs).toEqual([]);
  });

  it('does not list the lab of this machine itself', async () => {
    const [host, other] = [discovery(), discovery()];
    await host.announce({ hostId: ID, name: 'desk', port: 47_800 });
    await other.announce({ hostId: OTHER, name: 'other', port: 47_800 });
    host.look();
    await expect.poll(() => host.labs.map(({ hostId }) => hostId)).toEqual([OTHER]);
  });

  it('renews the age of a host at each look', async () => {
    const [host, node] = [discovery(), discovery()];
    await host.announce({ hostId: ID, name: 'desk', port: 47_800 });
    node.look();
    await expect.poll(() => node.labs).toHaveLength(1);
    timer.advance(LOOK_MS);
    await expect.poll(() => node.labs[0]?.seenAt).toBe(now());
  });

  it('drops a host two minutes after its last answer', async () => {
    const [host, node] = [discovery(), discovery()];
    await host.announce({ hostId: ID, name: 'desk', port: 47_800 });
    const stop = node.look();
    await expect.poll(() => node.labs).toHaveLength(1);
    stop();
    timer.advance(DROPPED_MS - 1);
    expect(node.labs).toHaveLength(1);
    timer.advance(1);
    expect(node.labs).toEqual([]);
  });

  it('announces itself on a network that is joined later', async () => {
    let interfaces: Interfaces = {};
    const host = discovery(() => interfaces);
    const node = discovery();
    await host.announce({ hostId: ID, name: 'desk', port: 47_800 });
    vi.stubEnv('GALAPAGOS_DISCOVERY', '');
    expect(host.blind).toBe('this machine is connected to no network');
    node.look();
    interfaces = loopback;
    timer.advance(INTERFACES_MS);
    expect(host.blind).toBeNull();
    await expect.poll(() => node.labs).toHaveLength(1);
    interfaces = {};
    timer.advance(INTERFACES_MS);
    await expect.poll(() => node.labs).toEqual([]);
  });

  it('is off, and says so, where the environment turns it off', () => {
    vi.stubEnv('GALAPAGOS_DISCOVERY', 'off');
    const made = new Discovery({ timer, changed: () => undefined });
    open.push(made);
    expect(made.blind).toBe('discovery is turned off (GALAPAGOS_DISCOVERY=off)');
  });

  it('survives packets that are not mDNS, or carry wrong records', async () => {
    const node = discovery();
    const host = discovery();
    node.look();
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setMulticastInterface('127.0.0.1');
    const packets = [
      Buffer.from('no DNS at all'),
      Buffer.alloc(512, 0xff),
      // A service without a TXT record.
      Buffer.from(
        '0000840000000002000000000a5f67616c617061676f73045f746370056c6f63616c00000c0001000000780003' +
          '01780001780000210001000000780009000000001f90017900',
        'hex',
      ),
    ];
    for (const packet of [...packets, ...packets])
      await new Promise((resolve) => socket.send(packet, port, '224.0.0.251', resolve));
    await new Promise<void>((resolve) => socket.close(resolve));
    await host.announce({ hostId: ID, name: 'desk', port: 47_800 });
    await expect.poll(() => node.labs.map(({ hostId }) => hostId)).toEqual([ID]);
  });

  it('shortens a name that a DNS label cannot hold, and escapes deceptive characters', async () => {
    const [host, node] = [discovery(), discovery()];
    await host.announce({ hostId: ID, name: 'ä'.repeat(60), port: 47_800 });
    await expect(
      discovery().announce({ hostId: OTHER, name: 'a\u202eb', port: 47_800 }),
    ).resolves.toBeUndefined();
    node.look();
    await expect
      .poll(() => node.labs.map(({ name }) => name))
      .toEqual([String.raw`a\u202eb`, 'ä'.repeat(32)]);
  });
});

describe('Discovery: list of labs for the window', () => {
  it('lists labs at once and after each change, with addresses as text', async () => {
    const host = discovery();
    await host.announce({ hostId: ID, name: 'desk', port: 47_811 });
    const bodies: SeenBody[] = [];
    const end = discoverLabs((seen) => bodies.push(seen), { interfaces: () => loopback, port });
    await expect.poll(() => bodies.at(-1)?.labs).toMatchObject([{ host: ID, name: 'desk' }]);
    expect(seenBody.parse(bodies.at(-1)).labs[0]?.addresses).toContain('127.0.0.1:47811');
    end();
    const { length } = bodies;
    await host.announce(null);
    expect(bodies).toHaveLength(length);
  });
});

describe('Discovery: a host whose address changed', () => {
  it('is looked for only while there is no link', async () => {
    const host = discovery();
    await host.announce({ hostId: ID, name: 'desk', port: 47_811 });
    let isLinked = true;
    let found: readonly HostAddress[] = [];
    const end = searchHost({
      hostId: ID,
      isLinked: () => isLinked,
      found: (addresses) => (found = addresses),
      timer,
      now,
      interfaces: () => loopback,
      port,
    });
    timer.advance(SEARCH_MS);
    expect(found).toEqual([]);
    isLinked = false;
    timer.advance(SEARCH_MS);
    await expect.poll(() => found).toContainEqual({ host: '127.0.0.1', port: 47_811 });
    end();
  });
});

describe('Discovery: addresses', () => {
  const interfaces: Interfaces = {
    lo: [entry('127.0.0.1', { internal: true })],
    eth0: [entry('fe80::1'), entry('10.0.0.7'), entry('2001:db8::7')],
    wlan0: [entry('192.168.1.7')],
  };

  it('lists IPv4, then global IPv6, then link-local addresses, without loopback', () => {
    expect(externalAddresses(interfaces).map(({ address }) => address)).toEqual([
      '10.0.0.7',
      '192.168.1.7',
      '2001:db8::7',
      'fe80::1',
    ]);
    expect(['169.254.1.1', 'febf::1%eth0', 'fec0::1'].map(rank)).toEqual([2, 2, 1]);
  });

  it('finds the interface of an address by its network', () => {
    expect(zoneOf('10.0.0.200', interfaces)).toBe('eth0');
    expect(zoneOf('192.168.1.1', interfaces)).toBe('wlan0');
    expect(zoneOf('172.16.0.1', interfaces)).toBeNull();
  });
});
