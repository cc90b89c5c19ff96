/**
 * How every ZeroMQ socket here is set up, and how it is read until it closes. Connections are
 * encrypted and mutually known by CURVE: the coordinator's public key, made anew each run and never
 * published, is the run's token. Whoever lacks it gets no connection, to whichever port, so nobody
 * else on a shared machine can say hello, take a task or send a result.
 */
import { context, curveKeyPair } from 'zeromq';
import type { Readable, Socket } from 'zeromq';
import { MAX_MESSAGE_BYTES } from '../protocol/worker-messages.ts';
import { linesOf } from './lines.ts';

// One bound PUSH a worker: the library's default of 1,023 sockets would end a lab of a thousand.
context.maxSockets = 8192;

/** Room for encryption's own bytes around a message of the greatest length. */
const ENVELOPE_BYTES = 1024;

/** Milliseconds for which a closing socket goes on sending what was handed to it. */
const LINGER_MS = 200;

/** Milliseconds after which messages that wait are left to the next turn. */
const TURN_MS = 10;

/**
 * ZMTP heartbeats only tidy connections: a stopped or unplugged peer is disconnected within 2,000
 * ms. Liveness is the beat's.
 */
export const socketOptions = {
  linger: 0,
  maxMessageSize: MAX_MESSAGE_BYTES + ENVELOPE_BYTES,
  heartbeatInterval: 500,
  heartbeatTimeout: 1500,
  heartbeatTimeToLive: 2000,
} as const;

/** Options of a connecting socket. */
export const connectOptions = {
  ...socketOptions,
  reconnectInterval: 50,
  reconnectMaxInterval: 1000,
} as const;

/**
 * Options of a connecting socket that only sends: nothing is queued for a connection that does not
 * stand. On one that receives it would lose what came just before the other end closed (measured: 6
 * of 20 messages).
 */
export const connectAndSendOptions = { ...connectOptions, immediate: true } as const;

export interface ServerKeys {
  readonly token: string;
  readonly options: { readonly curveServer: true; readonly curveSecretKey: string };
}

/** A run's token, and the options of every socket that only its holders may connect to. */
export function serverKeys(): ServerKeys {
  const { publicKey, secretKey } = curveKeyPair();
  return { token: publicKey, options: { curveServer: true, curveSecretKey: secretKey } };
}

/** Options of a socket that connects by a token. */
export function clientKeys(token: string): {
  readonly curveServerKey: string;
  readonly curvePublicKey: string;
  readonly curveSecretKey: string;
} {
  const { publicKey, secretKey } = curveKeyPair();
  return { curveServerKey: token, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

/**
 * Hands over the lines of every message until the socket closes, in order and in turns of the event
 * loop: a run of messages that are waiting never holds it up for longer than a turn and one line.
 * An error that `take` throws is not caught.
 * @param take is given the frames before the last, which holds the lines; the next line waits for
 *   its promise
 */
export async function receiveLines(
  socket: Socket & Readable,
  take: (line: string, before: readonly Buffer[]) => Promise<void> | void,
): Promise<void> {
  let began = performance.now();
  for await (const frames of socket) {
    const before = frames.slice(0, -1);
    for (const line of linesOf(frames.at(-1)?.toString() ?? '')) {
      const taken = take(line, before);
      if (taken !== undefined) await taken;
      if (performance.now() - began < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      began = performance.now();
    }
  }
}

/**
 * Closes a socket after what it was given has left, or `LINGER_MS`. Returns at once; a process
 * exits that much later at most.
 */
export function closeGently(socket: Socket): void {
  if (socket.closed) return;
  socket.linger = LINGER_MS;
  socket.close();
}

/** Resolves with `work`, or after a time. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
