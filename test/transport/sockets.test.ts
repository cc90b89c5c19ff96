import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket as TcpSocket } from 'node:net';
import { Dealer, Pull, Push, Router } from 'zeromq';
import type { Socket } from 'zeromq';
import { afterEach, describe, expect, it } from 'vitest';
import {
  channelOptions,
  connectingChannels,
  portOf,
} from '../../src/transport/nodes/link-sockets.ts';
import { PushSocket } from '../../src/transport/push-socket.ts';
import { connectOptions, socketOptions } from '../../src/transport/sockets.ts';
import { compiledScript } from '../support/compiled-script.ts';
import { frame, greeting } from '../support/zmtp.ts';

/** Above the library's default high-water mark of 1,000. */
const MESSAGES = 3_000;
/** Without heartbeats, a connection that is not read to its end is a test that times out. */
const withoutHeartbeats = { heartbeatInterval: 0 } as const;

const script = compiledScript('takeover-process.ts');

const sockets: (Socket | TcpSocket)[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    if ('destroy' in socket) socket.destroy();
    else socket.close();
  }
});

function opened<T extends Socket>(socket: T): T {
  sockets.push(socket);
  return socket;
}

/** Resolves with the first event of one of the types. */
async function event(socket: Socket, ...types: string[]): Promise<string> {
  for await (const { type } of socket.events) if (types.includes(type)) return type;
  throw new Error('the socket was closed');
}

async function sendAndEnd(socket: Dealer | Push): Promise<void> {
  for (let i = 0; i < MESSAGES; i++) await socket.send(['', 'x'.repeat(500)]);
  socket.linger = 60_000;
  socket.close();
}

/** A connection of plain ZMTP that says that it is a PULL socket. */
async function asPull(port: number): Promise<TcpSocket> {
  const type = Buffer.from('\x0bSocket-Type\0\0\0\x04PULL');
  const ready = Buffer.concat([Buffer.from('\x05READY'), type]);
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.write(greeting('NULL'));
  socket.write(Buffer.concat([Buffer.from([0x04, ready.length]), ready]));
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

describe('Sockets: connections that end before their messages are read', () => {
  it.each([
    ['control of this machine', Router, Dealer, socketOptions],
    ['results of this machine', Pull, Push, socketOptions],
    ['tasks of a worker', Pull, Push, connectOptions],
    ['control of a node', Router, Dealer, channelOptions.control],
    ['results of a node', Pull, Push, channelOptions.results],
    ['data of a node', Router, Dealer, channelOptions.data],
    ['tasks at a node', Pull, Push, connectingChannels.tasks],
  ] as const)(
    '%s: the end is seen, although nothing was read',
    async (_, Reader, Sender, given) => {
      const reader = opened(new Reader({ ...given, ...withoutHeartbeats }));
      await reader.bind('tcp://127.0.0.1:*');
      const ended = event(reader, 'disconnect');
      const sender = opened(new Sender({ sendHighWaterMark: 0 }));
      sender.connect(`tcp://127.0.0.1:${portOf(reader)}`);
      await sendAndEnd(sender);
      expect(await ended).toBe('disconnect');
    },
  );

  it('a PUSH socket sees the end of a connection that sends to it', async () => {
    const push = opened(new PushSocket({ ...channelOptions.tasks, ...withoutHeartbeats }));
    await push.bind('tcp://127.0.0.1:*');
    const ended = event(push, 'disconnect');
    const peer = await asPull(portOf(push));
    const message = frame(Buffer.alloc(100));
    peer.end(Buffer.concat(Array.from({ length: MESSAGES }, () => message)));
    expect(await ended).toBe('disconnect');
  });
});

describe('Sockets: a connection in whose place another has come', () => {
  it.each([
    ['control of this machine', 'local'],
    ['control of a node', 'control'],
    ['data of a node', 'data'],
  ])('%s: it fails, and the process goes on', async (_, options) => {
    const child = spawn(process.execPath, [script, options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: 'alive\n' });
  });
});

describe('Sockets: heartbeats', () => {
  // The library ends a connection whose next heartbeat arrives at the end of the last one's time.
  it.each([['of this machine', connectOptions], ...Object.entries(connectingChannels)])(
    'count for longer than until the next but one (%s)',
    (_, { heartbeatInterval, heartbeatTimeToLive }) => {
      expect(heartbeatTimeToLive).toBeGreaterThan(2 * heartbeatInterval);
    },
  );
});
