import { afterEach, describe, expect, it } from 'vitest';
import { DoorServer } from '../../../src/transport/door/door-server.ts';
import { firstLine } from '../../../src/transport/door/first-line.ts';
import { doorLimits } from '../../../src/transport/door/limits.ts';
import type { DoorLimits } from '../../../src/transport/door/limits.ts';
import type { RefusalReason } from '../../../src/transport/door/refusals.ts';
import type { SocketLines } from '../../../src/transport/door/socket-lines.ts';
import { Inbox } from '../../support/inbox.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { connectTo, listenTcp } from '../../support/tcp.ts';
import type { TcpEnd } from '../../support/tcp.ts';
import { frame, greeting } from '../../support/zmtp.ts';

/** As many bytes as a socket of libzmq sends until it has admitted a key. */
const ADMISSION = Buffer.alloc(64 + 170 + 52, 1);
const CONTROL = 'nabc/control';

interface Refused {
  readonly reason: RefusalReason;
  readonly channel: string | null;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

async function door(limits: Partial<DoorLimits> = {}) {
  const timer = new ManualTimer();
  const refused = new Inbox<Refused>();
  const pairs = new Inbox<SocketLines>();
  const server = new DoorServer({
    limits: { ...doorLimits, ...limits },
    timer,
    refused: (_, reason, channel) => refused.put({ reason, channel }),
    pair: pairs.put,
  });
  closing.push(() => server.close());
  const port = await server.listen(0, '127.0.0.1');
  /** A connection that has sent its first line. */
  const enter = (channel: string): TcpEnd => {
    const end = connectTo(port);
    closing.push(() => end.socket.destroy());
    end.write(firstLine(channel));
    return end;
  };
  return { timer, refused, pairs, server, port, enter };
}

/** A channel whose socket admits everybody. */
async function admitting(server: DoorServer, name = CONTROL) {
  const behind = await listenTcp((end) => end.write(ADMISSION));
  closing.push(() => behind.close());
  server.route(name, behind.port);
  return behind;
}

describe('Door: channels', () => {
  it('passes bytes both ways between a channel and its socket', async () => {
    const { server, enter } = await door();
    const behind = await admitting(server);
    const node = enter(CONTROL);
    node.write('up');
    await node.bytes(ADMISSION.length);
    await behind.ends[0]?.bytes(2);
    expect(behind.ends[0]?.received.toString()).toBe('up');
  });

  it('passes on the last bytes of a connection that ends', async () => {
    const { server, enter } = await door();
    const behind = await admitting(server);
    const node = enter(CONTROL);
    await node.bytes(ADMISSION.length);
    const last = Buffer.alloc(3_000_000, 7);
    node.socket.end(last);
    await behind.ends[0]?.closed();
    expect(behind.ends[0]?.received.equals(last)).toBe(true);
  });

  it('answers `no` to a channel that does not exist, and names it', async () => {
    const { refused, enter } = await door();
    const node = enter('nxyz/control');
    await node.closed();
    expect(node.received.toString()).toBe('no\n');
    expect(refused.all).toStrictEqual([{ reason: 'noSuchChannel', channel: 'nxyz/control' }]);
  });

  it('ends the connections of one node and leaves those of others', async () => {
    const { server, enter } = await door();
    await admitting(server);
    await admitting(server, 'nabcd/control');
    const [gone, stays] = [enter(CONTROL), enter('nabcd/control')];
    await Promise.all([gone, stays].map((end) => end.bytes(ADMISSION.length)));
    server.destroy('nabc');
    await gone.closed();
    const again = enter(CONTROL);
    await again.closed();
    expect(again.received.toString()).toBe('no\n');
    expect(stays.isClosed).toBe(false);
  });

  it('ends a node’s connections without refusing the node', async () => {
    const { server, enter } = await door();
    await admitting(server);
    const first = enter(CONTROL);
    await first.bytes(ADMISSION.length);
    server.disconnect('nabc');
    await first.closed();
    await enter(CONTROL).bytes(ADMISSION.length);
  });

  it('keeps the newest established connections of a channel', async () => {
    const { server, enter } = await door({ ofChannel: 2 });
    await admitting(server);
    const oldest = enter(CONTROL);
    await oldest.bytes(ADMISSION.length);
    for (let i = 0; i < 2; i++) await enter(CONTROL).bytes(ADMISSION.length);
    await oldest.closed();
  });
});

describe('Door: refused connections', () => {
  it('ends a connection that sends no first line in time', async () => {
    const { timer, refused, port } = await door();
    const end = connectTo(port);
    end.write('galapagos/1 ');
    await expect.poll(() => timer.pending).toBe(2);
    timer.advance(doorLimits.firstLineMs);
    await end.closed();
    expect(refused.all).toStrictEqual([{ reason: 'silent', channel: null }]);
  });

  it('ends a connection of another protocol', async () => {
    const { refused, port } = await door();
    const end = connectTo(port);
    end.write('GET / HTTP/1.1\r\n\r\n');
    await end.closed();
    expect(refused.all).toStrictEqual([{ reason: 'notOurs', channel: null }]);
  });

  it('refuses young connections beyond the limit of their address until some have grown', async () => {
    const { timer, refused, port } = await door({ youngOfAddress: 2, firstLineMs: 60_000 });
    const held = [connectTo(port), connectTo(port)];
    await expect.poll(() => timer.pending).toBe(4);
    const third = connectTo(port);
    await third.closed();
    expect(refused.all).toMatchObject([{ reason: 'tooMany' }]);
    timer.advance(doorLimits.youngMs);
    connectTo(port);
    await expect.poll(() => timer.pending).toBe(4);
    expect(refused.all).toHaveLength(1);
    for (const { socket } of held) socket.destroy();
  });

  it('does not count a connection as young once its handshake has passed', async () => {
    const { server, refused, enter } = await door({ youngOfAddress: 1, ofChannel: 10 });
    await admitting(server);
    for (let i = 0; i < 5; i++) await enter(CONTROL).bytes(ADMISSION.length);
    expect(refused.all).toHaveLength(0);
  });

  it('refuses everything beyond the limit of all connections', async () => {
    const { server, refused, port, enter } = await door({ all: 1 });
    await admitting(server);
    await enter(CONTROL).bytes(ADMISSION.length);
    await connectTo(port).closed();
    expect(refused.all).toMatchObject([{ reason: 'full' }]);
  });

  it('refuses an address unread after many refusals, until the period is over, and leaves established connections', async () => {
    const limits = { failuresOfAddress: 3, failuresMs: 10_000 };
    const { server, refused, timer, enter } = await door(limits);
    await admitting(server);
    const stays = enter(CONTROL);
    await stays.bytes(ADMISSION.length);
    for (let i = 0; i < 3; i++) await enter('nxyz/control').closed();
    const blocked = enter(CONTROL);
    await blocked.closed();
    expect(blocked.received).toHaveLength(0);
    expect(refused.all.at(-1)).toStrictEqual({ reason: 'tooMany', channel: null });
    expect(stays.isClosed).toBe(false);
    timer.advance(10_000);
    await enter(CONTROL).bytes(ADMISSION.length);
  });

  it('limits how often an address begins a handshake, and refuses no later one for that', async () => {
    const limits = { arrivalsAtOnce: 2, arrivalsASecond: 1, failuresOfAddress: 3, ofChannel: 9 };
    const { server, refused, timer, enter } = await door(limits);
    await admitting(server);
    for (let i = 0; i < 2; i++) await enter(CONTROL).bytes(ADMISSION.length);
    for (let i = 0; i < 5; i++) await enter(i % 2 === 0 ? CONTROL : 'pair').closed();
    expect(refused.all).toHaveLength(5);
    expect(refused.all[0]).toStrictEqual({ reason: 'tooMany', channel: CONTROL });
    timer.advance(1_000);
    await enter(CONTROL).bytes(ADMISSION.length);
    await enter(CONTROL).closed();
  });

  it('names the channel of a connection that its socket ended before the handshake', async () => {
    const { server, refused, enter } = await door();
    const behind = await listenTcp((end) => end.socket.end(Buffer.alloc(64)));
    closing.push(() => behind.close());
    server.route(CONTROL, behind.port);
    await enter(CONTROL).closed();
    expect(refused.all).toStrictEqual([{ reason: 'handshake', channel: CONTROL }]);
  });

  it('reports a refused key once, whichever side ends the connection', async () => {
    const { server, refused, enter } = await door();
    const behind = await listenTcp((end) => end.write(Buffer.alloc(64 + 170 + 12)));
    closing.push(() => behind.close());
    server.route(CONTROL, behind.port);
    const node = enter(CONTROL);
    await node.bytes(64 + 170 + 12);
    node.socket.destroy();
    await refused.count(1);
    expect(refused.all).toStrictEqual([{ reason: 'unknownKey', channel: CONTROL }]);
  });

  it('ends a connection that sends much before its handshake has passed', async () => {
    const { server, refused, enter } = await door({ handshakeBytes: 1_000 });
    const behind = await listenTcp();
    closing.push(() => behind.close());
    server.route(CONTROL, behind.port);
    const node = enter(CONTROL);
    node.write(Buffer.alloc(1_001));
    await node.closed();
    expect(refused.all).toStrictEqual([{ reason: 'flood', channel: CONTROL }]);
  });

  it('ends a connection whose bytes its reader does not take, and no connection whose bytes it takes', async () => {
    const { server, refused, enter } = await door({ unreadBytes: 1_000_000 });
    const behind = await admitting(server);
    const node = enter(CONTROL);
    node.write(greeting('CURVE'));
    await node.bytes(ADMISSION.length);
    const message = frame(Buffer.alloc(900_000));
    for (let i = 1; i <= 5; i++) {
      node.write(message);
      await behind.ends[0]?.bytes(64 + i * message.length);
      server.taken(CONTROL, 900_000, 1);
    }
    expect(refused.all).toHaveLength(0);
    node.write(frame(Buffer.alloc(1_200_000)));
    await node.closed();
    expect(refused.all).toStrictEqual([{ reason: 'flood', channel: CONTROL }]);
  });

  it('ends a connection with many frames that its reader does not take, however short they are', async () => {
    const { server, refused, enter } = await door({ unreadFrames: 1_000 });
    const behind = await admitting(server);
    const node = enter(CONTROL);
    node.write(greeting('CURVE'));
    await node.bytes(ADMISSION.length);
    const frames = Buffer.concat(Array.from({ length: 900 }, () => frame(Buffer.alloc(1))));
    for (let i = 1; i <= 5; i++) {
      node.write(frames);
      await behind.ends[0]?.bytes(64 + i * frames.length);
      server.taken(CONTROL, 900, 900);
    }
    expect(refused.all).toHaveLength(0);
    node.write(Buffer.concat([frames, frames]));
    await node.closed();
    expect(refused.all).toStrictEqual([{ reason: 'flood', channel: CONTROL }]);
  });
});

describe('Door: pairing conversations', () => {
  it('hands over lines, and ends with either side', async () => {
    const { pairs, enter } = await door();
    const node = enter('pair');
    node.write('{"type":"hello"}\n{"type":');
    const [conversation] = await pairs.count(1);
    const lines = new Inbox<string>();
    conversation?.onLine(lines.put);
    node.write('"nonce"}\n');
    expect(await lines.count(2)).toStrictEqual(['{"type":"hello"}', '{"type":"nonce"}']);
    expect(conversation?.address).toBe('127.0.0.1');

    conversation?.send('{"type":"offer"}');
    conversation?.end();
    await node.closed();
    expect(node.received.toString()).toBe('{"type":"offer"}\n');
    await new Promise<void>((resolve) => conversation?.onEnd(resolve));
  });

  it.each([
    ['a line over the limit', `${'x'.repeat(1_025)}\n`],
    ['a line without end', 'x'.repeat(1_025)],
    ['too many lines', '{}\n'.repeat(257)],
  ])('end with %s', async (_, text) => {
    const { refused, enter } = await door();
    const node = enter('pair');
    node.write(text);
    await node.closed();
    expect(refused.all).toStrictEqual([{ reason: 'flood', channel: 'pair' }]);
  });

  it('are limited by address, and do not count as young connections', async () => {
    const { server, pairs, refused, enter } = await door({ pairOfAddress: 2, youngOfAddress: 1 });
    await admitting(server);
    const hello = (): TcpEnd => {
      const node = enter('pair');
      node.write('{"type":"hello"}\n');
      return node;
    };
    const first = hello();
    await pairs.count(1);
    hello();
    await pairs.count(2);
    await enter('pair').closed();
    expect(refused.all).toMatchObject([{ reason: 'tooMany', channel: 'pair' }]);
    await enter(CONTROL).bytes(ADMISSION.length);
    first.socket.destroy();
    await expect
      .poll(() => {
        hello();
        return pairs.all.length;
      })
      .toBeGreaterThan(2);
  });

  it('are not handed over before their first line', async () => {
    const { pairs, enter } = await door();
    const silent = enter('pair');
    silent.write('{"type":');
    const other = enter('pair');
    other.write('{"type":"redeem"}\n');
    const [conversation] = await pairs.count(1);
    const lines = new Inbox<string>();
    conversation?.onLine(lines.put);
    expect(await lines.count(1)).toStrictEqual(['{"type":"redeem"}']);
    silent.write('"hello"}\n');
    await pairs.count(2);
  });

  it.each([
    ['without a line', 'garbage'],
    ['with a line over the limit', `{}\n${'x'.repeat(2_000)}`],
  ])('%s are counted as refusals of their address', async (_, bytes) => {
    const { refused, enter, pairs } = await door({ failuresOfAddress: 3 });
    for (let i = 0; i < 3; i++) {
      const node = enter('pair');
      node.socket.end(bytes);
      await node.closed();
    }
    const blocked = enter('pair');
    blocked.write('{"type":"hello"}\n');
    await blocked.closed();
    expect(refused.all.at(-1)).toStrictEqual({ reason: 'tooMany', channel: null });
    expect(pairs.all.length).toBeLessThanOrEqual(3);
  });
});
