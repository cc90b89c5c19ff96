import { afterEach, describe, expect, it } from 'vitest';
import { Dealer, Router } from 'zeromq';
import { Access } from '../../src/transport/access.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { boundOptions, connectingOptions } from '../../src/transport/nodes/link-sockets.ts';
import { ZeromqCoordinator, ZeromqWorker } from '../../src/transport/zeromq.ts';
import { Inbox } from '../support/inbox.ts';
import { SharedLab, newKeys } from '../support/shared-lab.ts';
import { hello } from '../support/worker-message-examples.ts';

const host = newKeys();
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function opened(): Promise<Access> {
  const access = await Access.open();
  closing.push(() => access.close());
  return access;
}

/** A socket of a domain that answers everything. */
async function bound(domain: string): Promise<string> {
  const socket = new Router({ linger: 0, ...boundOptions(host.secretKey, domain) });
  closing.push(() => socket.close());
  await socket.bind('tcp://127.0.0.1:*');
  void (async () => {
    for await (const [id = '', line = ''] of socket) await socket.send([id, line]);
  })();
  return socket.lastEndpoint ?? '';
}

/** Connects and returns the first event that decides on the connection. */
async function tries(endpoint: string, keys: KeyPair): Promise<string> {
  const socket = new Dealer({ linger: 0, ...connectingOptions(keys, host.publicKey) });
  closing.push(() => socket.close());
  const events = new Inbox<string>();
  void (async () => {
    for await (const { type } of socket.events) events.put(type);
  })();
  socket.connect(endpoint);
  return events.first((type) => type.startsWith('handshake'));
}

describe('Access control: domains', () => {
  it('admits the keys of a domain, and refuses all others', async () => {
    const access = await opened();
    const [node, other] = [newKeys(), newKeys()];
    access.admit('nabc', node.publicKey);
    access.admit('nxyz', other.publicKey);
    const endpoint = await bound('nabc');
    expect(await tries(endpoint, node)).toBe('handshake');
    expect(await tries(endpoint, other)).toBe('handshake:error:auth');
    expect(await tries(endpoint, newKeys())).toBe('handshake:error:auth');
  });

  it('refuses every key of a domain without keys', async () => {
    await opened();
    expect(await tries(await bound('nabc'), newKeys())).toBe('handshake:error:auth');
  });

  it('refuses a key from the moment it is removed, and admits the domain’s other keys', async () => {
    const access = await opened();
    const [before, after] = [newKeys(), newKeys()];
    for (const { publicKey } of [before, after]) access.admit('nabc', publicKey);
    access.remove('nabc', before.publicKey);
    const endpoint = await bound('nabc');
    expect(await tries(endpoint, before)).toBe('handshake:error:auth');
    expect(await tries(endpoint, after)).toBe('handshake');
  });

  it('admits a key that any list of the process admits, until that list closes', async () => {
    const [first, second] = [await opened(), await opened()];
    const node = newKeys();
    second.admit('nabc', node.publicKey);
    const endpoint = await bound('nabc');
    await first.close();
    expect(await tries(endpoint, node)).toBe('handshake');
    await opened();
    await second.close();
    expect(await tries(endpoint, node)).toBe('handshake:error:auth');
  });
});

describe('Access control: the process', () => {
  it('can be opened again right after it was closed', async () => {
    for (let i = 0; i < 200; i++) {
      const access = await Access.open();
      const closing = access.close();
      const next = await Access.open();
      await Promise.all([closing, next.close()]);
    }
  });
});

describe('Access control: workers of this machine', () => {
  it('are admitted by their token before, while and after the lab is shared', async () => {
    const local = await ZeromqCoordinator.bind();
    const lab = new SharedLab(local);
    closing.push(() => lab.close());
    const messages = new Inbox<unknown>();
    lab.transport.onMessage(messages.put, messages.put);
    const { controlEndpoint, token } = local;
    let place = 0;
    const joins = async (): Promise<void> => {
      const peer = { slot: `local/cpu/${place++}`, incarnation: '1.1' };
      const worker = new ZeromqWorker({ controlEndpoint, token, ...peer });
      closing.push(() => worker.close());
      worker.sendControl({ ...hello, ...peer });
      await messages.count(place);
    };
    await joins();
    await lab.share();
    await joins();
    await lab.transport.unshare();
    await joins();
    await lab.share();
    await joins();
    expect(messages.all).toHaveLength(4);
  });
});
