/**
 * Subscriptions over one WebSocket a window, as MessagePack in both directions. The pump is
 * `endpoints/feeds/pump.ts`.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { decode, encode } from '@msgpack/msgpack';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { FeedPump } from '../endpoints/feeds/pump.ts';
import { streamRequest } from '../protocol/endpoint.ts';
import { subscriptions } from '../protocol/endpoints.ts';
import type { Endpoints } from '../protocol/endpoints.ts';
import { check } from '../protocol/problems.ts';

/** Maximum time for a client to answer a ping, in milliseconds; then it counts as disconnected. */
const PING_MS = 15_000;
/** Maximum size of a client's message, in bytes. */
const REQUEST_BYTES = 65_536;
/** WebSocket close status for a message that no schema accepts. */
const UNSUPPORTED = 1003;

export class Streams {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_BYTES,
    perMessageDeflate: false,
  });
  readonly #endpoints: Endpoints;
  readonly #alive = new WeakSet<WebSocket>();
  readonly #pinging: NodeJS.Timeout;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
    this.#pinging = setInterval(() => {
      for (const socket of this.#server.clients) {
        if (!this.#alive.has(socket)) socket.terminate();
        this.#alive.delete(socket);
        socket.ping();
      }
    }, PING_MS);
    this.#pinging.unref();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#serve(client);
    });
  }

  close(): void {
    clearInterval(this.#pinging);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #serve(socket: WebSocket): void {
    const gone = new AbortController();
    const pump = new FeedPump(
      subscriptions,
      this.#endpoints.subscriptions,
      (answer) => {
        if (socket.readyState === socket.OPEN) socket.send(encode(answer));
      },
      { host: 'server', signal: gone.signal },
    );
    this.#alive.add(socket);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('error', () => {
      socket.terminate();
    });
    socket.on('close', () => {
      gone.abort();
      pump.close();
    });
    socket.on('message', (bytes: Buffer) => {
      const request = check(streamRequest, decoded(bytes));
      if (request.ok) pump.receive(request.value);
      else {
        const [problem] = request.problems;
        socket.close(
          UNSUPPORTED,
          `${problem?.path ?? ''}: expected ${problem?.expected ?? 'a request'}`.slice(0, 120),
        );
      }
    });
  }
}

function decoded(bytes: Buffer): unknown {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}
