/**
 * The counterpart of a door on a node: a loopback port for each channel, whose connections lead to
 * that channel at any of the host's addresses.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { NO_LINE, firstLine } from './first-line.ts';
import { doorLimits } from './limits.ts';
import { KEEP_ALIVE_MS, dial, splice, wide } from './splice.ts';
import { Unread, isWithin, sentBytes } from './unread.ts';
import type { UnreadLimits } from './unread.ts';

/** Address of a door. */
export interface DoorAddress {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds for which one address is tried. */
const DIAL_MS = 1_000;
/** Milliseconds between two tries; the longest is below a socket's limit for its handshake. */
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** A connection that lasted this long was not refused. */
const ESTABLISHED_MS = 3_000;

export interface LobbyListener {
  /** The door answered that it has no such channel. */
  refused(channel: string): void;
  /** A connection of a channel was established, or none of the addresses answers. */
  reached(address: DoorAddress | null): void;
  /** The other side sent more than was read, so the connection was ended. */
  flooded(channel: string): void;
}

export interface LobbyChannel {
  /** Port of the loopback address. */
  readonly port: number;
  /** Reports that the reader of the channel has taken a message of this many bytes and frames. */
  taken(bytes: number, frames: number): void;
  close(): void;
}

/** An open channel. */
interface Open {
  readonly name: string;
  readonly sockets: Set<Socket>;
  /** Of its connections, in order of their start. */
  readonly unread: Set<Unread>;
}

export class Lobby {
  readonly #listener: LobbyListener;
  readonly #timer: Timer;
  readonly #limits: UnreadLimits;
  readonly #channels = new Set<LobbyChannel>();
  /** The address that was reached last comes first. */
  #addresses: readonly DoorAddress[];

  constructor(
    addresses: readonly DoorAddress[],
    listener: LobbyListener,
    timer: Timer = systemTimer,
    limits: UnreadLimits = doorLimits,
  ) {
    this.#limits = limits;
    this.#addresses = addresses;
    this.#listener = listener;
    this.#timer = timer;
  }

  setAddresses(addresses: readonly DoorAddress[]): void {
    this.#addresses = addresses;
  }

  async open(name: string): Promise<LobbyChannel> {
    const open: Open = { name, sockets: new Set(), unread: new Set() };
    const { sockets, unread } = open;
    let waitMs = 0;
    const server = createServer({ ...wide, pauseOnConnect: true }, (local) => {
      track(local, sockets);
      void this.#lead(open, local, waitMs).then((lastedMs) => {
        waitMs =
          lastedMs >= ESTABLISHED_MS
            ? 0
            : Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, 2 * waitMs));
      });
    });
    const port = await listening(server);
    const channel = {
      port,
      taken: (bytes: number, frames: number) => {
        let left = { bytes: sentBytes(bytes, frames), frames };
        for (const each of unread) left = each.taken(left);
      },
      close: () => {
        this.#channels.delete(channel);
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
    this.#channels.add(channel);
    return channel;
  }

  close(): void {
    for (const channel of [...this.#channels]) channel.close();
  }

  /** @returns for how many milliseconds the connection lasted; 0: there was none */
  async #lead(open: Open, local: Socket, waitMs: number): Promise<number> {
    if (waitMs > 0) await this.#pause(waitMs, local);
    for (const address of this.#addresses) {
      const remote = local.destroyed ? null : await this.#dial(address);
      if (remote === null) continue;
      track(remote, open.sockets);
      if (local.destroyed) {
        remote.destroy();
        continue;
      }
      this.#addresses = [address, ...this.#addresses.filter((other) => other !== address)];
      this.#listener.reached(address);
      return this.#splice(open, local, remote);
    }
    local.destroy();
    this.#listener.reached(null);
    return 0;
  }

  async #splice({ name, unread }: Open, local: Socket, remote: Socket): Promise<number> {
    const began = this.#timer.now();
    remote.setKeepAlive(true, KEEP_ALIVE_MS);
    remote.write(firstLine(name));
    // ZeroMQ's first byte is another one.
    remote.once('data', (chunk: Buffer) => {
      if (chunk[0] === NO_LINE.charCodeAt(0)) this.#listener.refused(name);
    });
    const arrived = new Unread(() => this.#timer.now());
    unread.add(arrived);
    await new Promise<void>((resolve) => {
      const end = splice(local, remote, resolve);
      remote.on('data', (chunk: Buffer) => {
        arrived.received(chunk);
        if (isWithin(this.#limits, arrived.amount)) return;
        end();
        this.#listener.flooded(name);
      });
    });
    unread.delete(arrived);
    return this.#timer.now() - began;
  }

  #pause(ms: number, local: Socket): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timer.after(ms, resolve);
      local.once('close', () => {
        cancel();
        resolve();
      });
    });
  }

  /** @returns null: the address does not answer */
  #dial({ host, port }: DoorAddress): Promise<Socket | null> {
    return new Promise((resolve) => {
      const socket = dial({ host, port });
      const failed = (): void => {
        cancel();
        socket.destroy();
        resolve(null);
      };
      const cancel = this.#timer.after(DIAL_MS, failed);
      socket.once('error', failed);
      socket.once('connect', () => {
        cancel();
        socket.off('error', failed);
        resolve(socket);
      });
    });
  }
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
    });
  });
}
