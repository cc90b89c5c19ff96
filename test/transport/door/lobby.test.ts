import { afterEach, describe, expect, it } from 'vitest';
import { Lobby } from '../../../src/transport/door/lobby.ts';
import type { DoorAddress } from '../../../src/transport/door/lobby.ts';
import { Inbox } from '../../support/inbox.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { connectTo, listenTcp } from '../../support/tcp.ts';
import type { TcpServer } from '../../support/tcp.ts';
import { frame, greeting } from '../../support/zmtp.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const at = ({ port }: TcpServer): DoorAddress => ({ host: '127.0.0.1', port });

async function listen(...given: Parameters<typeof listenTcp>): Promise<TcpServer> {
  const server = await listenTcp(...given);
  closing.push(() => server.close());
  return server;
}

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = await listenTcp();
  server.close();
  return server.port;
}

async function lobby(...addresses: DoorAddress[]) {
  const timer = new ManualTimer();
  const refused = new Inbox<string>();
  const reached = new Inbox<DoorAddress | null>();
  const flooded = new Inbox<string>();
  const made = new Lobby(
    addresses,
    { refused: refused.put, reached: reached.put, flooded: flooded.put },
    timer,
    { unreadBytes: 10_000, unreadFrames: 100 },
  );
  closing.push(() => made.close());
  const channel = await made.open('nabc/control');
  return { timer, refused, reached, flooded, made, enter: () => connectTo(channel.port), channel };
}

describe('Lobby: connections of a node', () => {
  it('lead to their channel at the host', async () => {
    const host = await listen((end) => end.write('down'));
    const { enter } = await lobby(at(host));
    const local = enter();
    local.write('up');
    await local.bytes(4);
    const line = 'galapagos/1 nabc/control\n';
    await host.ends[0]?.bytes(line.length + 2);
    expect(host.ends[0]?.received.toString()).toBe(`${line}up`);
    expect(local.received.toString()).toBe('down');
  });

  it('try the addresses in turn, and the one that answered first the next time', async () => {
    const host = await listen((end) => end.write('x'));
    const dead = { host: '127.0.0.1', port: await closedPort() };
    const { enter, reached } = await lobby(dead, at(host));
    for (let i = 1; i <= 2; i++) await enter().bytes(1);
    expect(reached.all).toStrictEqual([at(host), at(host)]);
  });

  it('end when no address answers, and wait longer before each next try, one second at most', async () => {
    const { enter, reached, timer } = await lobby({ host: '127.0.0.1', port: await closedPort() });
    for (const waitMs of [0, 50, 100, 200, 400, 800, 1_000, 1_000]) {
      const tries = reached.all.length;
      const local = enter();
      if (waitMs > 0) {
        await expect.poll(() => timer.pending).toBe(1);
        timer.advance(waitMs - 1);
        expect(reached.all).toHaveLength(tries);
        timer.advance(1);
      }
      await local.closed();
      expect(reached.all).toHaveLength(tries + 1);
    }
  });

  it('try at once again after a connection that lasted', async () => {
    const host = await listen((end) => end.write('x'));
    const { enter, reached, timer } = await lobby(at(host));
    const first = enter();
    await first.bytes(1);
    timer.advance(3_000);
    host.ends[0]?.socket.destroy();
    await first.closed();
    await enter().bytes(1);
    expect(reached.all).toHaveLength(2);
    expect(timer.pending).toBe(0);
  });

  it('report that the host refuses their channel', async () => {
    const host = await listen((end) => end.socket.end('no\n'));
    const { enter, refused } = await lobby(at(host));
    await enter().closed();
    expect(refused.all).toStrictEqual(['nabc/control']);
  });

  it('follow the addresses when these change', async () => {
    const host = await listen((end) => end.write('x'));
    const { enter, made } = await lobby({ host: '127.0.0.1', port: await closedPort() });
    made.setAddresses([at(host)]);
    await enter().bytes(1);
  });

  it('end when the host sends more bytes or frames than are read', async () => {
    const frames = (count: number): Buffer =>
      Buffer.concat(Array.from({ length: count }, () => frame(Buffer.of(1))));
    for (const [allowed, more] of [
      [frame(Buffer.alloc(9_000)), frame(Buffer.alloc(2_000))],
      [frames(99), frames(2)],
    ] as const) {
      const host = await listen((end) => end.write(Buffer.concat([greeting('CURVE'), allowed])));
      const { enter, flooded } = await lobby(at(host));
      const local = enter();
      await local.bytes(64 + allowed.length);
      expect(flooded.all).toEqual([]);
      host.ends[0]?.write(more);
      await local.closed();
      await host.ends[0]?.closed();
      expect(flooded.all).toEqual(['nabc/control']);

      const reading = await lobby(at(host));
      const reader = reading.enter();
      await reader.bytes(64 + allowed.length);
      reading.channel.taken(allowed.length, 99);
      host.ends[1]?.write(more);
      await reader.bytes(64 + allowed.length + more.length);
      expect(reading.flooded.all).toEqual([]);
    }
  });

  it('end with their channel', async () => {
    const host = await listen((end) => end.write('x'));
    const { enter, channel } = await lobby(at(host));
    const local = enter();
    await local.bytes(1);
    channel.close();
    await local.closed();
    await host.ends[0]?.closed();
  });
});
