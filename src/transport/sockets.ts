/**
 * Set-up and reading of every ZeroMQ socket. Connections are encrypted and mutually authenticated
 * by CURVE: the coordinator's public key, generated for each run and never published, is the run's
 * token. A process without the token gets no connection on any port, so no other user of a shared
 * machine can say hello, take a task or send a result.
 */
import { context, curveKeyPair } from 'zeromq';
import type { Readable, Socket } from 'zeromq';
import { MAX_MESSAGE_BYTES } from '../protocol/worker-messages.ts';
import { LOCAL_DOMAIN } from './access.ts';
import { linesOf } from './lines.ts';

// One bound PUSH for each worker: the library's default of 1,023 sockets would limit a lab to a
// thousand workers.
context.maxSockets = 8192;

/** Bytes that encryption adds to a message of the greatest length. */
const ENVELOPE_BYTES = 1024;

/** Milliseconds for which a closing socket continues to send queued messages. */
const LINGER_MS = 200;

/** Milliseconds of reading after which waiting messages are left to the next turn. */
const TURN_MS = 10;

/**
 * Reads every connection to its end. At a receive high-water mark the library (4.3.5) stops reading
 * a connection; if that connection then ends and a heartbeat falls due before the program has read,
 * the library aborts the process. Credits and the door's limit of unread bytes bound the memory.
 */
export const neverStopsReading = { receiveHighWaterMark: 0 } as const;

/**
 * Options of a binding socket. It sends no heartbeats: once a peer has connected again, the library
 * (4.3.5) stops reading its earlier connection, whatever the mark; if that connection then fails
 * while messages for it wait, the next heartbeat on it aborts the process.
 */
export const socketOptions = {
  ...neverStopsReading,
  linger: 0,
  maxMessageSize: MAX_MESSAGE_BYTES + ENVELOPE_BYTES,
} as const;

/**
 * Options of a connecting socket. Its ZMTP heartbeats only clean up connections, at both ends: a
 * stopped or unplugged peer is disconnected within 2,000 ms. Liveness is decided by the protocol's
 * own beats.
 */
export const connectOptions = {
  ...socketOptions,
  heartbeatInterval: 500,
  heartbeatTimeout: 1500,
  heartbeatTimeToLive: 2000,
  reconnectInterval: 50,
  reconnectMaxInterval: 1000,
} as const;

/**
 * Options of a connecting socket that only sends: nothing is queued while the connection is down. A
 * receiving socket with this option would lose messages sent just before the other end closed
 * (measured: 6 of 20).
 */
export const connectAndSendOptions = { ...connectOptions, immediate: true } as const;

export interface ServerKeys {
  readonly token: string;
  readonly options: {
    readonly curveServer: true;
    readonly curveSecretKey: string;
    readonly zapDomain: string;
  };
}

/** The token of a run and the options of every socket that requires it. */
export function serverKeys(): ServerKeys {
  const { publicKey, secretKey } = curveKeyPair();
  return {
    token: publicKey,
    options: { curveServer: true, curveSecretKey: secretKey, zapDomain: LOCAL_DOMAIN },
  };
}

/** Options of a socket that connects with a token. */
export function clientKeys(token: string): {
  readonly curveServerKey: string;
  readonly curvePublicKey: string;
  readonly curveSecretKey: string;
} {
  const { publicKey, secretKey } = curveKeyPair();
  return { curveServerKey: token, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

/**
 * Hands over the lines of every message, in order, until the socket closes, yielding to the event
 * loop: a burst of messages blocks it for at most `TURN_MS` and one line. Does not catch errors of
 * `take`.
 * @param take receives the frames before the last, and one line of the last; the next line waits
 *   for its promise
 * @param accepts called with every message before its lines; false: its lines are dropped
 */
export async function receiveLines(
  socket: Socket & Readable,
  take: (line: string, before: readonly Buffer[]) => Promise<void> | void,
  accepts: (frames: readonly Buffer[]) => boolean = () => true,
): Promise<void> {
  let began = performance.now();
  for await (const frames of socket) {
    if (!accepts(frames)) continue;
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
 * Closes a socket after its queue was sent, or after `LINGER_MS`. Returns at once; a process exits
 * at most that much later.
 */
export function closeGently(socket: Socket): void {
  if (socket.closed) return;
  socket.linger = LINGER_MS;
  socket.close();
}

/**
 * Returns the events of a socket; null: the address of their monitor is still taken by that of an
 * earlier socket, which the library frees some time after it was closed.
 */
export function eventsOf(socket: Socket): Socket['events'] | null {
  try {
    return socket.events;
  } catch {
    return null;
  }
}
