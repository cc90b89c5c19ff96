/**
 * Attacks on a shared lab over its door, from machines that are not admitted and from an admitted
 * node. Each returns how many of its connections or messages it has sent.
 */
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Dealer, Push } from 'zeromq';
import { encodeNodeMessage } from '../../src/protocol/node-wire.ts';
import { encodeMessage } from '../../src/protocol/worker-wire.ts';
import { firstLine } from '../../src/transport/door/first-line.ts';
import { dial, splice } from '../../src/transport/door/splice.ts';
import type { KeyPair } from '../../src/transport/keys.ts';
import { connectingOptions } from '../../src/transport/nodes/link-sockets.ts';
import { node } from './node-message-examples.ts';
import { spoilsOf } from './spoils.ts';
import type { Below } from './spoils.ts';
import { beat, hello, result } from './worker-message-examples.ts';
import { greeting } from './zmtp.ts';

export interface Target {
  readonly port: number;
  readonly hostKey: string;
  /** Node whose channels are attacked. */
  readonly node: string;
  /** Keys that the attacker presents. */
  readonly keys: KeyPair;
}

/** Milliseconds that a message waits for a connection. */
export const CONNECTING_MS = 10_000;
/** More bytes than a handshake has, and fewer than a message that is too long. */
const HANDSHAKE_BYTES = 16_384;
/** Milliseconds without an answer after which an attacker would end a connection by itself. */
const HANG_MS = 600_000;
/** Milliseconds after which the last message is sent again. */
const AGAIN_MS = 500;

export const CHANNELS = ['control', 'results', 'data'] as const;
export type AttackedChannel = (typeof CHANNELS)[number];

/** A ZMTP greeting with CURVE, and the frame of a CURVE hello without its contents. */
const GREETING = greeting('CURVE');
const HELLO = Buffer.concat([Buffer.from([0x04, 0xc8]), Buffer.from('\x05HELLO\x01\x00')]);
const HELLO_BYTES = 202;

function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => socket.destroy());
  return socket;
}

/** Connections that send nothing. @returns a function that ends them */
export function idle({ port }: Target, count: number): () => void {
  const sockets = Array.from({ length: count }, () => open(port));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Connections that send a greeting byte by byte. @returns a function that ends them */
export function slowHandshakes({ port, node: name }: Target, count: number): () => void {
  const sockets = Array.from({ length: count }, () => open(port));
  for (const socket of sockets) socket.write(`galapagos/1 ${name}/control\n`);
  let at = 0;
  const drip = setInterval(() => {
    for (const socket of sockets)
      if (socket.writable) socket.write(GREETING.subarray(at % GREETING.length).subarray(0, 1));
    at += 1;
  }, 100);
  return () => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  };
}

/** Bytes of a stranger on a channel: spoiled handshakes, each on a connection of its own. */
export async function strangerBytes(
  { port }: Target,
  channel: string,
  count: number,
  below: Below,
): Promise<number> {
  let [sent, ended] = [0, 0];
  await new Promise<void>((resolve) => {
    const next = (): void => {
      if (sent === count) return;
      sent += 1;
      const socket = open(port);
      socket.resume();
      socket.setTimeout(5_000, () => socket.destroy());
      socket.end(Buffer.concat([Buffer.from(`galapagos/1 ${channel}\n`), spoiledHandshake(below)]));
      socket.once('close', () => {
        ended += 1;
        if (ended === count) resolve();
        else next();
      });
    };
    for (let i = 0; i < Math.min(count, 32); i++) next();
  });
  return ended;
}

function spoiledHandshake(below: Below): Buffer {
  const hello200 = Buffer.concat([HELLO, randomBytes(HELLO_BYTES - HELLO.length)]);
  const bytes = Buffer.concat([GREETING, hello200]);
  for (let n = below(4); n > 0; n--) bytes[below(bytes.length)] = below(256);
  if (below(3) === 0) return bytes.subarray(0, below(bytes.length));
  return below(3) === 0 ? Buffer.concat([bytes, randomBytes(below(2_000))]) : bytes;
}

async function isSent(socket: Dealer | Push, frames: (string | Buffer)[]): Promise<boolean> {
  try {
    await socket.send(frames);
    return true;
  } catch {
    // There is no connection.
    return false;
  }
}

/** The last message of `spoiledMessages`, by channel. */
export const lastMessage = {
  control: encodeNodeMessage({ type: 'leaving', reason: 'sleep' }),
  results: encodeNodeMessage({
    ...{ type: 'exited', slot: 'x', incarnation: '1.1', code: 1, signal: null, by: 'itself' },
    ...{ rssPeakBytes: null, overMemory: false, lastWords: 'the last message' },
  }),
  data: 'the last message',
} as const;

/**
 * Leads connections to a channel of the host's door. Unlike a lobby it never waits between two
 * connections.
 * @param ended called after the end of each connection with the bytes that the attacker sent on it
 */
async function wayTo(
  door: number,
  channel: string,
  ended: (bytes: number) => void,
): Promise<Server> {
  const server = createServer((local) => {
    const remote = dial({ port: door, host: '127.0.0.1' });
    remote.write(firstLine(channel));
    splice(local, remote, () => ended(local.bytesRead));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A socket with the attacker's keys on a channel of the node. */
async function intrude(target: Target, channel: AttackedChannel) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const way = await wayTo(target.port, `${target.node}/${channel}`, (bytes) => {
    // On a busy machine a handshake may take longer than the host waits; the next one is tried.
    if (bytes > HANDSHAKE_BYTES) end();
  });
  const options = {
    ...connectingOptions(target.keys, target.hostKey),
    ...{
      linger: 0,
      immediate: true,
      sendTimeout: CONNECTING_MS,
      heartbeatInterval: 1_000,
      heartbeatTimeout: HANG_MS,
    },
    ...{ reconnectInterval: 1, reconnectMaxInterval: 0 },
  };
  const socket =
    channel === 'results' ? new Push(options) : new Dealer({ ...options, routingId: 'n' });
  socket.connect(`tcp://127.0.0.1:${(way.address() as AddressInfo).port}`);
  return {
    socket,
    /** Resolves with the end of the first connection on which more than a handshake was sent. */
    ended,
    close: () => {
      socket.close();
      way.close();
    },
  };
}

/**
 * Spoiled messages of an admitted node on a channel, and a valid last one, `lastMessage`. The last
 * one is repeated, because the host may be ending the connection on which it leaves.
 * @param betweenLinksMs milliseconds that a message waits for a new connection before it is dropped
 * @param arrived resolves when the last one has arrived
 * @returns the number of messages that were sent
 */
export async function spoiledMessages(
  target: Target,
  channel: AttackedChannel,
  count: number,
  below: Below,
  betweenLinksMs: number,
  arrived: () => Promise<unknown>,
): Promise<number> {
  const { socket, close } = await intrude(target, channel);
  const spoils = spoilsOf(below);
  const slot = `${target.node}/cpu/0`;
  const own = encodeNodeMessage(node);
  const texts =
    channel === 'results'
      ? [encodeMessage({ ...result, slot })]
      : [own, ...[hello, beat].map(line)];
  function line(message: typeof hello | typeof beat): string {
    return encodeMessage({ ...message, slot });
  }
  let sent = 0;
  for (let i = 0; i < count; i++) {
    const text = texts[below(texts.length)] ?? own;
    const spoiled = (spoils[below(spoils.length)] ?? String)(text);
    const first = ['', `${slot}#1.1`, 'x'][below(3)] ?? '';
    const frames = below(20) === 0 ? [first, spoiled, spoiled] : [first, spoiled];
    socket.sendTimeout = i === 0 ? CONNECTING_MS : betweenLinksMs;
    if (await isSent(socket, frames)) sent += 1;
  }
  socket.sendTimeout = CONNECTING_MS;
  await isSent(socket, ['', lastMessage[channel]]);
  const again = setInterval(() => void isSent(socket, ['', lastMessage[channel]]), AGAIN_MS);
  try {
    await arrived();
  } finally {
    clearInterval(again);
    close();
  }
  return sent;
}

/** A message of one frame beyond the limit of its channel. Resolves when the host has ended it. */
export async function longFrame(target: Target, channel: AttackedChannel): Promise<void> {
  const { socket, ended, close } = await intrude(target, channel);
  await socket.send(['', Buffer.alloc(20 * 2 ** 20, 32)]);
  await ended;
  close();
}

/**
 * One message of many frames, beyond the limit of unread bytes. Resolves when the host has ended
 * it.
 */
export async function manyFrames(
  target: Target,
  channel: AttackedChannel,
  count: number,
  bytes: number,
): Promise<void> {
  const { socket, ended, close } = await intrude(target, channel);
  const frame = Buffer.alloc(bytes, 32);
  await socket.send(Array.from({ length: count }, () => frame));
  await ended;
  close();
}
