/**
 * Serves chunks to other nodes behind a door of this node. Each node that the host has introduced
 * has a socket of its own, which only its key opens, so that whatever arrives there was sent by it.
 */
import { Router } from 'zeromq';
import { MalformedMessage } from '../../protocol/message-line.ts';
import { allOrNothing } from '../../runtime/all-or-nothing.ts';
import { systemTimer } from '../../runtime/timer.ts';
import { Access, PEERS_DOMAIN } from '../access.ts';
import { Door } from '../door/door.ts';
import type { Refusal } from '../door/refusals.ts';
import type { KeyPair } from '../keys.ts';
import { framesOf, readRequest, type ServeData } from './data-channel.ts';
import { FrameQueue, bytesOf } from './frame-queue.ts';
import { MOST_UNSENT, boundOptions, channelNames, channelOptions, portOf } from './link-sockets.ts';

export interface PeerServerOptions {
  /** TCP port; 0: any free one. */
  readonly port: number;
  /** Address to bind; default: every address of this machine. */
  readonly host?: string;
  readonly keys: KeyPair;
  readonly serve: ServeData;
  readonly refused: (refusal: Refusal) => void;
  /** The door has failed; nothing is served any more. */
  readonly broken: (error: Error) => void;
}

/** A node that may read. */
export interface PeerReader {
  readonly node: string;
  /** Its public key in hex. */
  readonly key: string;
}

interface Admitted {
  readonly socket: Router;
  readonly key: string;
  /** Time at which the introduction expires. */
  until: number;
  cancelExpiry: () => void;
}

export class PeerServer {
  readonly port: number;
  readonly #options: PeerServerOptions;
  readonly #access: Access;
  readonly #door: Door;
  readonly #readers = new Map<string, Admitted>();
  #keys: KeyPair;
  #isClosed = false;

  private constructor(port: number, options: PeerServerOptions, access: Access, door: Door) {
    this.port = port;
    this.#options = options;
    this.#keys = options.keys;
    this.#access = access;
    this.#door = door;
  }

  /** @throws DoorError if the port cannot be opened */
  static open(options: PeerServerOptions): Promise<PeerServer> {
    return allOrNothing(async (onFailure) => {
      const access = await Access.open();
      onFailure(() => access.close());
      const door = new Door({
        pair: (connection) => connection.end(),
        refused: options.refused,
        broken: options.broken,
      });
      onFailure(() => door.close());
      const port = await door.listen(options.port, options.host ?? null);
      return new PeerServer(port, options, access, door);
    });
  }

  /** Lets a node connect for a time, which begins anew with each call. */
  async admit({ node, key }: PeerReader, validMs: number): Promise<void> {
    const known = this.#readers.get(node);
    if (known?.key === key) {
      known.cancelExpiry();
      known.until = systemTimer.now() + validMs;
      known.cancelExpiry = this.#expiry(node, validMs);
      return;
    }
    this.#remove(node);
    await this.#open({ node, key }, validMs);
  }

  /** Uses another pair of this node: readers connect again once they know its public key. */
  async useKeys(keys: KeyPair): Promise<void> {
    if (keys.secretKey === this.#keys.secretKey) return;
    this.#keys = keys;
    const readers = [...this.#readers];
    for (const [node] of readers) this.#remove(node);
    const now = systemTimer.now();
    await Promise.all(
      readers.map(([node, { key, until }]) => this.#open({ node, key }, Math.max(0, until - now))),
    );
  }

  async #open({ node, key }: PeerReader, validMs: number): Promise<void> {
    const domain = `${PEERS_DOMAIN}/${node}`;
    const socket = new Router({
      ...channelOptions.data,
      ...boundOptions(this.#keys.secretKey, domain),
      mandatory: true,
      sendHighWaterMark: MOST_UNSENT,
      sendTimeout: 0,
    });
    const until = systemTimer.now() + validMs;
    this.#readers.set(node, { socket, key, until, cancelExpiry: this.#expiry(node, validMs) });
    await socket.bind('tcp://127.0.0.1:*');
    if (this.#isClosed || this.#readers.get(node)?.socket !== socket) return;
    this.#access.admit(domain, key);
    this.#door.route(channelNames.data(node), portOf(socket));
    void this.#read(node, socket);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const node of [...this.#readers.keys()]) this.#remove(node);
    await this.#door.close();
    await this.#access.close();
  }

  #expiry(node: string, validMs: number): () => void {
    return systemTimer.after(validMs, () => this.#remove(node));
  }

  #remove(node: string): void {
    const known = this.#readers.get(node);
    this.#readers.delete(node);
    if (known === undefined) return;
    known.cancelExpiry();
    this.#access.remove(`${PEERS_DOMAIN}/${node}`);
    known.socket.close();
    this.#door.destroy(node);
  }

  async #read(node: string, socket: Router): Promise<void> {
    const queue = new FrameQueue(socket);
    for await (const [id, ...frames] of socket) {
      this.#door.taken(channelNames.data(node), bytesOf(frames), frames.length);
      if (id !== undefined) void this.#answer(node, queue, id, frames);
    }
  }

  /** Drops the answer if the reader has gone, or does not take what it asked for. */
  async #answer(
    node: string,
    queue: FrameQueue,
    id: Buffer,
    frames: readonly Buffer[],
  ): Promise<void> {
    let answer;
    try {
      answer = await this.#options.serve(node, readRequest(frames));
    } catch (error) {
      if (error instanceof MalformedMessage) return;
      throw error;
    }
    await queue.send([id, ...framesOf(answer)]).catch(() => undefined);
  }
}
