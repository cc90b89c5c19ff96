/**
 * The door itself, without its thread: accepts connections, reads their first line, and passes
 * bytes to the channel's port on loopback. It decrypts nothing.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Timer } from '../../runtime/timer.ts';
import { NO_LINE, PAIR_CHANNEL, channelOf, readFirstLine } from './first-line.ts';
import { Arrivals, Failures, Quota, plainAddress } from './limits.ts';
import type { DoorLimits } from './limits.ts';
import { Passage } from './passage.ts';
import type { RefusalReason } from './refusals.ts';
import { SocketLines } from './socket-lines.ts';
import { KEEP_ALIVE_MS, dial, splice, wide } from './splice.ts';
import { isWithin, sentBytes, sum } from './unread.ts';
import type { Amount } from './unread.ts';

export interface DoorServerOptions {
  readonly limits: DoorLimits;
  readonly timer: Timer;
  refused(address: string, reason: RefusalReason, channel: string | null): void;
  /** A pairing conversation whose first line has arrived. */
  pair(lines: SocketLines): void;
}

interface Connection {
  readonly passage: Passage;
  readonly end: () => void;
}

interface Channel {
  readonly port: number;
  /** In order of their start. */
  readonly connections: Set<Connection>;
}

/** A connection from the network, until its first line is read. */
interface Visitor {
  readonly socket: Socket;
  readonly address: string;
  /** Ends its time as a young connection. */
  readonly grown: () => void;
}

export class DoorServer {
  readonly #options: DoorServerOptions;
  readonly #server: Server;
  readonly #channels = new Map<string, Channel>();
  readonly #young: Quota;
  readonly #pairs: Quota;
  readonly #failures: Failures;
  readonly #arrivals: Arrivals;
  readonly #sockets = new Set<Socket>();

  constructor(options: DoorServerOptions) {
    this.#options = options;
    const { limits } = options;
    this.#young = new Quota(limits.youngOfAddress, limits.young);
    this.#pairs = new Quota(limits.pairOfAddress, limits.pair);
    this.#failures = new Failures(limits, () => options.timer.now());
    this.#arrivals = new Arrivals(limits, () => options.timer.now());
    this.#server = createServer(wide, (socket) => this.#enter(socket));
  }

  /** @returns the number of the open port */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', reject);
        // A connection that cannot be accepted, for example without a file descriptor, is lost.
        this.#server.on('error', () => undefined);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  route(name: string, port: number): void {
    this.#endConnections(name);
    this.#channels.set(name, { port, connections: new Set() });
  }

  unroute(name: string): void {
    this.#endConnections(name);
    this.#channels.delete(name);
  }

  taken(name: string, bytes: number, frames: number): void {
    let left: Amount = { bytes: sentBytes(bytes, frames), frames };
    for (const { passage } of this.#channels.get(name)?.connections ?? [])
      left = passage.taken(left);
  }

  disconnect(node: string): void {
    for (const name of this.#channelsOf(node)) this.#endConnections(name);
  }

  destroy(node: string): void {
    for (const name of this.#channelsOf(node)) this.unroute(name);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#channels.clear();
  }

  #channelsOf(node: string): string[] {
    return [...this.#channels.keys()].filter((name) => name.startsWith(`${node}/`));
  }

  #endConnections(name: string): void {
    for (const { end } of [...(this.#channels.get(name)?.connections ?? [])]) end();
  }

  #enter(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    socket.on('error', () => socket.destroy());
    const isFull = this.#sockets.size >= this.#options.limits.all;
    const isBlocked = this.#failures.isBlocked(address);
    const place = isBlocked ? 'tooMany' : isFull ? 'full' : this.#young.take(address);
    if (typeof place === 'string') {
      socket.destroy();
      this.#options.refused(address, place, null);
      return;
    }
    const { limits, timer } = this.#options;
    const cancelAge = timer.after(limits.youngMs, place);
    const grown = (): void => {
      cancelAge();
      place();
    };
    this.#sockets.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const visitor = { socket, address, grown };
    const cancelLate = timer.after(limits.firstLineMs, () => this.#refuse(visitor, 'silent', null));
    const stopReading = readFirstLine(socket, (line) => {
      cancelLate();
      this.#lead(visitor, line);
    });
    socket.once('close', () => {
      stopReading();
      cancelLate();
      grown();
      this.#sockets.delete(socket);
    });
  }

  #refused(address: string, reason: RefusalReason, channel: string | null): void {
    this.#failures.add(address);
    this.#options.refused(address, reason, channel);
  }

  #refuse({ socket, address }: Visitor, reason: RefusalReason, channel: string | null): void {
    if (reason === 'noSuchChannel') socket.end(NO_LINE, () => socket.destroy());
    else socket.destroy();
    this.#refused(address, reason, channel);
  }

  #lead(visitor: Visitor, line: string | null): void {
    const name = line === null ? null : channelOf(line);
    if (name === null) {
      this.#refuse(visitor, 'notOurs', null);
      return;
    }
    const channel = this.#channels.get(name);
    if (channel === undefined && name !== PAIR_CHANNEL) {
      this.#refuse(visitor, 'noSuchChannel', name);
    } else if (!this.#arrivals.mayEnter(visitor.address)) {
      // No failure: many machines may share the address, and each tries again by itself.
      visitor.socket.destroy();
      this.#options.refused(visitor.address, 'tooMany', name);
    } else if (channel === undefined) this.#pair(visitor);
    else this.#pass(visitor, name, channel);
  }

  #pair(visitor: Visitor): void {
    const { socket, address, grown } = visitor;
    const place = this.#pairs.take(address);
    if (typeof place === 'string') {
      this.#refuse(visitor, place, PAIR_CHANNEL);
      return;
    }
    grown();
    socket.once('close', place);
    socket.setTimeout(this.#options.limits.pairSilentMs, () => socket.destroy());
    let isBreached = false;
    const lines = new SocketLines(
      socket,
      (breach) => {
        isBreached = true;
        this.#options.refused(address, breach, PAIR_CHANNEL);
      },
      () => this.#options.pair(lines),
    );
    socket.once('close', () => {
      if (isBreached || !lines.hasBegun) this.#failures.add(address);
    });
  }

  #pass(visitor: Visitor, name: string, channel: Channel): void {
    const { socket, address, grown } = visitor;
    const { limits, timer } = this.#options;
    const passage = new Passage(
      limits,
      () => timer.now(),
      () => {
        grown();
        this.#makeRoom(channel);
      },
    );
    const behind = dial({ port: channel.port, host: '127.0.0.1' });
    let isReported = false;
    const report = (reason: RefusalReason): void => {
      if (isReported) return;
      isReported = true;
      this.#refused(address, reason, name);
    };
    const end = splice(socket, behind, () => {
      channel.connections.delete(connection);
      if (passage.isRefused) report('unknownKey');
    });
    const connection = { passage, end };
    channel.connections.add(connection);
    // Ended by the socket behind the door, not by the visitor.
    behind.once('end', () => {
      if (!passage.hasPassed) report(passage.isRefused ? 'unknownKey' : 'handshake');
    });
    behind.on('data', (chunk: Buffer) => passage.answered(chunk.length));
    socket.on('data', (chunk: Buffer) => {
      if (passage.received(chunk) && isWithin(limits, unreadOf(channel))) return;
      report('flood');
      end();
    });
  }

  /** Ends the oldest established connections of a channel that has too many. */
  #makeRoom({ connections }: Channel): void {
    const passed = [...connections].filter(({ passage }) => passage.hasPassed);
    for (const { end } of passed.slice(0, -this.#options.limits.ofChannel)) end();
  }
}

function unreadOf({ connections }: Channel): Amount {
  return [...connections].reduce((all, { passage }) => sum(all, passage.unread), {
    bytes: 0,
    frames: 0,
  });
}
