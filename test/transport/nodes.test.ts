import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Dealer, Push } from 'zeromq';
import { encodeMessage } from '../../src/protocol/worker-wire.ts';
import { DoorError } from '../../src/transport/door/door.ts';
import { dialPair } from '../../src/transport/door/socket-lines.ts';
import { Lobby } from '../../src/transport/door/lobby.ts';
import { readRequest } from '../../src/transport/nodes/data-channel.ts';
import { connectingOptions } from '../../src/transport/nodes/link-sockets.ts';
import { Inbox } from '../support/inbox.ts';
import { node as nodeHello } from '../support/node-message-examples.ts';
import { SharedLab, newKeys } from '../support/shared-lab.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { beat, result } from '../support/worker-message-examples.ts';

const [A, B] = ['naaaaaaaaaa', 'nbbbbbbbbbb'] as const;
const peer = { slot: `${A}/cpu/0`, incarnation: '1.1' };

let lab: SharedLab;
const closing: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  lab = new SharedLab();
  await lab.share(A, B);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await lab.close();
});

/** A socket of an admitted node that sends what it likes. */
async function raw(
  channel: 'control' | 'results' | 'data',
  { keys = lab.keysOf(A), hostKey = lab.keys.publicKey }: { keys?: KeyPair; hostKey?: string } = {},
) {
  const refused = new Inbox<string>();
  const lobby = new Lobby([{ host: '127.0.0.1', port: lab.sharing.port }], {
    refused: refused.put,
    reached: () => undefined,
    flooded: () => undefined,
  });
  const { port } = await lobby.open(`${A}/${channel}`);
  const options = { linger: 0, ...connectingOptions(keys, hostKey) };
  const socket =
    channel === 'results' ? new Push(options) : new Dealer({ ...options, routingId: 'n' });
  const events = new Inbox<string>();
  void (async () => {
    for await (const { type } of socket.events) events.put(type);
  })();
  socket.connect(`tcp://127.0.0.1:${port}`);
  closing.push(() => {
    socket.close();
    lobby.close();
  });
  return { socket, events, refused };
}

describe('Nodes: messages', () => {
  it('pass both ways under the name of the node', async () => {
    const node = await lab.node(A);
    await node.is('connected');
    node.end.send(nodeHello);
    await lab.messages.count(1);
    expect(lab.messages.all).toStrictEqual([{ node: A, message: nodeHello }]);
    lab.transport.nodes.send(A, { type: 'hostPulse', n: 1, at: 5 });
    await node.messages.count(1);
    expect(node.messages.all).toStrictEqual([{ type: 'hostPulse', n: 1, at: 5 }]);
  });

  it('pass both ways on the data channel, a piece of a dataset in one message', async () => {
    const node = await lab.node(A);
    await node.is('connected');
    await node.end.sendData(['{"ask":"chunk"}', new Uint8Array(0)]);
    const [asked] = await lab.data.count(1);
    expect(asked?.frames.map(String)).toStrictEqual(['{"ask":"chunk"}', '']);
    const piece = Buffer.alloc(1024 * 1024, 7);
    await lab.sharing.sendData(A, ['{}', piece]);
    const [frames] = await node.data.count(1);
    expect(frames?.[1]?.equals(piece)).toBe(true);
  });

  it('reach the node’s newest link only', async () => {
    const node = await lab.linked(A);
    const tasks = new Inbox<string>();
    node.workers.set(`${peer.slot}#${peer.incarnation}`, {
      control: () => undefined,
      tasks: tasks.put,
    });
    await lab.transport.openTasks('1.1', peer);
    const heard = { type: 'study', session: '1.1', study: 's', seed: 1, parameters: [] } as const;
    lab.transport.sendTask('1.1', { ...heard, objective: { kind: 'first' } });
    await tasks.count(1);
    const link = await lab.transport.nodes.openLink(A);
    expect(link).toBe(2);
    lab.transport.sendTask('1.1', { ...heard, objective: { kind: 'second' } });
    await node.is('connected', node.states.all.length);
    node.end.joinTasks(link);
    await tasks.count(2);
    expect(tasks.all.map((line) => /first|second/.exec(line)?.[0])).toStrictEqual([
      'first',
      'second',
    ]);
  });

  it('of an unknown version are reported with their versions, and not handed on', async () => {
    const node = await lab.node(A);
    await node.is('connected');
    const { socket } = await raw('control');
    await socket.send(['', JSON.stringify({ type: 'node', v: { low: 8, high: 9 }, shape: 'new' })]);
    expect(await lab.otherVersions.count(1)).toEqual([{ node: A, low: 8, high: 9 }]);
    expect(lab.messages.all).toHaveLength(0);
    expect(lab.malformed.all).toHaveLength(0);
  });
});

describe('Nodes: connections', () => {
  it('are made anew when the events of a socket cannot be followed', async () => {
    const restore = (): boolean => Reflect.deleteProperty(Dealer.prototype, 'events');
    closing.push(() => void restore());
    let refused = 0;
    Object.defineProperty(Dealer.prototype, 'events', {
      configurable: true,
      get() {
        restore();
        refused += 1;
        throw Object.assign(new Error('Address already in use'), { code: 'EADDRINUSE' });
      },
    });
    const node = await lab.node(A);
    await node.is('connected');
    expect(refused).toBe(1);
    expect(node.states.all.map(({ is }) => is)).toStrictEqual([
      'connecting',
      'connecting',
      'connected',
    ]);
  });

  it('are renewed after the host has ended them', async () => {
    const node = await lab.linked(A);
    const from = node.states.all.length;
    await lab.sharing.disconnect(A);
    await node.is('connected', from);
    node.end.send(nodeHello);
    await lab.messages.count(1);
  });

  it('of a node that is cut off end at once, and those of others stay', async () => {
    const [gone, stays] = [await lab.linked(A), await lab.linked(B)];
    const from = stays.states.all.length;
    lab.transport.nodes.cut(A);
    expect(await gone.is('refused')).toStrictEqual({ is: 'refused', why: 'noSuchChannel' });
    gone.end.send(nodeHello);
    stays.end.send(nodeHello);
    await lab.messages.count(1);
    expect(lab.messages.all.map(({ node }) => node)).toStrictEqual([B]);
    expect(stays.states.all).toHaveLength(from);
  });

  it('of a node that was removed and admitted again are accepted', async () => {
    const gone = await lab.linked(A);
    lab.transport.nodes.cut(A);
    await gone.is('refused');
    await gone.end.close();
    await lab.sharing.addNode({ node: A, publicKeys: [lab.keysOf(A).publicKey] });
    await (await lab.node(A)).is('connected');
  });

  it('are accepted under either key while a node changes its key', async () => {
    const next = newKeys();
    const publicKeys = [lab.keysOf(A).publicKey, next.publicKey];
    await lab.sharing.addNode({ node: A, publicKeys });
    await (await lab.node(A)).is('connected');
    await (await lab.node(A, { keys: next })).is('connected');
  });
});

describe('Nodes: refused machines', () => {
  /** Waits for the one report, and for nothing of the refused machine to have arrived. */
  async function refusedOnce(reason: string, channel: string | null): Promise<void> {
    await lab.refusals.count(1);
    expect(lab.refusals.all).toStrictEqual([{ address: '127.0.0.1', reason, channel, count: 1 }]);
    expect(lab.messages.all).toHaveLength(0);
  }

  it('an unknown key is refused on every channel, and reported once', async () => {
    const stranger = newKeys();
    for (const channel of ['control', 'results', 'data'] as const) {
      const { events } = await raw(channel, { keys: stranger });
      await events.first((type) => type === 'handshake:error:auth');
    }
    await refusedOnce('unknownKey', `${A}/control`);
  });

  it('a node is refused on the channels of another node', async () => {
    const { events } = await raw('control', { keys: lab.keysOf(B) });
    await events.first((type) => type === 'handshake:error:auth');
    await refusedOnce('unknownKey', `${A}/control`);
  });

  it('a node that expects another host is not connected, and the host reports it', async () => {
    const node = await lab.node(A, { hostKey: newKeys().publicKey });
    await refusedOnce('handshake', expect.stringMatching(`^${A}/`) as string);
    expect(node.states.all).not.toContainEqual({ is: 'connected' });
  });

  it('a connection without encryption is refused', async () => {
    const lobby = new Lobby([{ host: '127.0.0.1', port: lab.sharing.port }], {
      refused: () => undefined,
      reached: () => undefined,
      flooded: () => undefined,
    });
    const { port } = await lobby.open(`${A}/control`);
    const plain = new Dealer({ linger: 0 });
    closing.push(() => {
      plain.close();
      lobby.close();
    });
    plain.connect(`tcp://127.0.0.1:${port}`);
    await plain.send(['', JSON.stringify(nodeHello)]);
    await refusedOnce('handshake', `${A}/control`);
  });

  it('a removed node’s key is refused on its former channel', async () => {
    lab.transport.nodes.cut(A);
    const node = await lab.node(A);
    expect(await node.is('refused')).toMatchObject({ why: 'noSuchChannel' });
    await refusedOnce('noSuchChannel', expect.stringMatching(`^${A}/`) as string);
  });
});

describe('Nodes: bad messages of an admitted node', () => {
  it('with a wrong number of frames are malformed, on each channel', async () => {
    for (const channel of ['control', 'results', 'data'] as const) {
      const { socket } = await raw(channel);
      const [before] = [lab.malformed.all.length];
      await socket.send(['', '{}', '{}']);
      await lab.malformed.count(before + 1);
      expect(lab.malformed.all.at(-1)).toStrictEqual({
        node: A,
        error: `${channel}: expected 2 frames, found 3`,
      });
    }
  });

  it('that name a worker of another node are malformed', async () => {
    const node = await lab.node(A);
    await node.is('connected');
    for (const slot of ['local/cpu/0', `${B}/cpu/0`, 'x']) {
      const stolen = { slot, incarnation: '1.1' };
      node.end.sendWorkerControl(stolen, encodeMessage({ ...beat, ...stolen }));
      await lab.malformed.count(1);
      expect(lab.malformed.all.splice(0)).toMatchObject([
        { node: A, error: `control: ${slot}#1.1 is not a worker of this node` },
      ]);
      await lab.sharing.disconnect(A);
      await node.is('connected', node.states.all.length);
    }
  });

  it('on the data channel that are no request are malformed', async () => {
    lab.takeData = (frames) => void readRequest(frames);
    const node = await lab.node(A);
    await node.is('connected');
    await node.end.sendData(['{"ask":"everything"}', new Uint8Array(0)]);
    await lab.malformed.count(1);
    expect(lab.malformed.all).toMatchObject([{ node: A }]);
  });

  it('whose sender differs from their first frame are malformed', async () => {
    const node = await lab.node(A);
    await node.is('connected');
    node.end.sendWorkerResult(peer, encodeMessage({ ...result, slot: 'local/cpu/0' }));
    await lab.malformed.count(1);
    expect(lab.malformed.all[0]?.error).toContain('but it names local/cpu/0');
  });

  it('end the link at the third within a minute; at the fifth link the node is paused and refused', async () => {
    const node = await lab.node(A);
    for (let link = 1; link <= 5; link++) {
      await node.is('connected', link === 1 ? 0 : node.states.all.length);
      for (let i = 0; i < 3; i++) node.end.sendWorkerControl(peer, 'not JSON');
      await lab.linksEnded.count(link);
    }
    expect(lab.linksEnded.all.map(({ pause }) => pause)).toStrictEqual([
      ...[false, false, false, false],
      true,
    ]);
    await node.is('refused');
    expect(lab.messages.all).toHaveLength(0);
  });
});

describe('Nodes: sharing', () => {
  it('is off, with what to do, when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void taken.close(() => resolve())));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const other = new SharedLab();
    closing.push(() => other.close());
    await expect(other.shareAt(port)).rejects.toThrow(DoorError);
    await expect(other.shareAt(port)).rejects.toThrow(
      `TCP port ${port} is used by another program, so this lab is not shared: end that program, or choose another port with --lab-port`,
    );
    await other.share();
  });

  it('ends with its door, and starts again', async () => {
    const node = await lab.linked(A);
    await lab.transport.unshare();
    await node.is('connecting', node.states.all.length);
    await node.end.close();
    await lab.share(A);
    await (await lab.node(A)).is('connected');
  });

  it('hands over pairing conversations with their first line', async () => {
    const connection = await dialPair({ host: '127.0.0.1', port: lab.sharing.port });
    connection.send('{"type":"hello"}');
    const [conversation] = await lab.pairs.count(1);
    const [up, down] = [new Inbox<string>(), new Inbox<string>()];
    connection.onLine(down.put);
    conversation?.onLine(up.put);
    await up.count(1);
    conversation?.send('{"type":"offer"}');
    await down.count(1);
    connection.end();
    await new Promise<void>((resolve) => conversation?.onEnd(resolve));
    expect(conversation?.address).toBe('127.0.0.1');
  });
});
