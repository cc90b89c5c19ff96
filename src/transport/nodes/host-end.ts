/**
 * The host's sockets for one node: control, tasks, results and data, each its own ZAP domain, so
 * that whatever arrives here was sent by this node. Does not parse messages.
 */
import { Pull, Router } from 'zeromq';
import type { Socket } from 'zeromq';
import type { Access } from '../access.ts';
import type { Door } from '../door/door.ts';
import { PushSocket } from '../push-socket.ts';
import { SendQueue } from '../send-queue.ts';
import { within } from '../../runtime/within.ts';
import { receiveLines } from '../sockets.ts';
import { FrameQueue } from './frame-queue.ts';
import {
  MOST_UNSENT,
  NODE_ROUTING_ID,
  boundOptions,
  channelNames,
  channelOptions,
  portOf,
} from './link-sockets.ts';

export interface HostEndListener {
  /**
   * One line of the control or the results channel.
   * @param from name of the worker; empty: the node's own message
   */
  line(channel: 'control' | 'results', from: string, line: string): Promise<void> | void;
  /** The two frames of a message of the data channel. */
  data(frames: readonly Buffer[]): void;
  malformed(error: string): void;
}

export interface HostEndOptions {
  readonly node: string;
  /** The host's secret key, in hex. */
  readonly secretKey: string;
  readonly door: Pick<Door, 'route' | 'unroute' | 'taken' | 'disconnect' | 'destroy'>;
  readonly access: Access;
  readonly listener: HostEndListener;
}

/** Frames of every message behind the routing id; its lines or its bytes are the last one. */
const FRAMES = 2;
/** Milliseconds in which a node may still receive what was sent before its end closed. */
const LAST_SENDING_MS = 300;

interface Sockets {
  readonly control: Router;
  readonly results: Pull;
  readonly data: Router;
  readonly orders: SendQueue<string>;
  readonly pieces: FrameQueue;
}

interface Tasks {
  readonly link: number;
  readonly socket: PushSocket;
  readonly queue: SendQueue<string>;
}

export class HostEnd {
  readonly #options: HostEndOptions;
  #secretKey: string;
  #sockets: Sockets | null = null;
  #tasks: Tasks | null = null;
  #link = 0;
  #isClosed = false;
  #sentAt = -Infinity;
  /** Number of the last opening; an earlier one that is still under way is dropped. */
  #opening = 0;

  private constructor(options: HostEndOptions) {
    this.#options = options;
    this.#secretKey = options.secretKey;
  }

  static async open(options: HostEndOptions): Promise<HostEnd> {
    const end = new HostEnd(options);
    await end.#open();
    return end;
  }

  /**
   * Opens the next task channel and closes the one before.
   * @returns the number of the link
   */
  async openLink(): Promise<number> {
    const { node, door } = this.#options;
    const link = ++this.#link;
    const bound = boundOptions(this.#secretKey, node);
    const socket = new PushSocket({ ...channelOptions.tasks, ...bound });
    const queue = new SendQueue<string>((to, frame) => socket.send([to, frame]));
    await socket.bind('tcp://127.0.0.1:*');
    if (this.#isClosed || link !== this.#link) {
      socket.close();
      return link;
    }
    this.#closeTasks();
    this.#tasks = { link, socket, queue };
    door.route(channelNames.tasks(node, link), portOf(socket));
    return link;
  }

  /** @param to name of a worker; empty: the node itself */
  sendControl(to: string, line: string): void {
    this.#sentAt = performance.now();
    this.#sockets?.orders.push(to, line);
  }

  sendTask(to: string, line: string): void {
    this.#tasks?.queue.push(to, line);
  }

  /**
   * Resolves when the socket has taken the frames.
   * @throws Error when the node is not connected
   */
  async sendData(frames: readonly (string | Uint8Array)[]): Promise<void> {
    if (this.#sockets === null) throw new Error('the data channel is closed');
    await this.#sockets.pieces.send([NODE_ROUTING_ID, ...frames]);
  }

  /** Serves the node with another secret, in a new link; the node must expect its public key. */
  async rekey(secretKey: string): Promise<void> {
    if (secretKey === this.#secretKey) return;
    this.#secretKey = secretKey;
    await this.renew();
  }

  /** Ends the link and drops what was received; the node connects again by itself. */
  async renew(): Promise<void> {
    const { door, node } = this.#options;
    this.#closeSockets();
    door.disconnect(node);
    await this.#open();
  }

  /** Ends the link, and refuses the node for some time. */
  suspend(ms: number): void {
    const { door, node } = this.#options;
    const opening = ++this.#opening;
    this.#closeSockets();
    door.destroy(node);
    setTimeout(() => {
      if (!this.#isClosed && opening === this.#opening) void this.#open();
    }, ms).unref();
  }

  /** Refuses the node and ends its connections, at once. */
  cut(): void {
    const { access, door, node } = this.#options;
    access.remove(node);
    this.#isClosed = true;
    this.#closeSockets();
    door.destroy(node);
  }

  /** Reads nothing from now on; ends the connections once what was sent had time to leave. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isQuiet = performance.now() - this.#sentAt > 2 * LAST_SENDING_MS;
    if (this.#sockets !== null && !isQuiet) {
      await within(LAST_SENDING_MS, this.#sockets.orders.empty());
      await new Promise((resolve) => setTimeout(resolve, LAST_SENDING_MS));
    }
    this.#closeSockets();
    this.#options.door.destroy(this.#options.node);
  }

  async #open(): Promise<void> {
    const opening = ++this.#opening;
    const { node, door } = this.#options;
    const bound = boundOptions(this.#secretKey, node);
    const control = new Router({
      ...channelOptions.control,
      ...bound,
      mandatory: true,
      handover: true,
      sendTimeout: 0,
      sendHighWaterMark: 10_000,
    });
    const results = new Pull({ ...channelOptions.results, ...bound });
    const data = new Router({
      ...channelOptions.data,
      ...bound,
      mandatory: true,
      handover: true,
      sendHighWaterMark: MOST_UNSENT,
      sendTimeout: 0,
    });
    const all = [control, results, data];
    await Promise.all(all.map((socket) => socket.bind('tcp://127.0.0.1:*')));
    if (this.#isClosed || opening !== this.#opening) {
      for (const socket of all) socket.close();
      return;
    }
    const orders = new SendQueue<string>((to, frame) => control.send([NODE_ROUTING_ID, to, frame]));
    const sockets = { control, results, data, orders, pieces: new FrameQueue(data) };
    this.#sockets = sockets;
    this.#read(sockets);
    door.route(channelNames.control(node), portOf(control));
    door.route(channelNames.results(node), portOf(results));
    door.route(channelNames.data(node), portOf(data));
  }

  #read(sockets: Sockets): void {
    const { listener, node } = this.#options;
    const isCurrent = (): boolean => this.#sockets === sockets && !this.#isClosed;
    for (const channel of ['control', 'results'] as const) {
      const socket = sockets[channel];
      // A ROUTER puts the routing id before the frames of a message.
      const ids = channel === 'control' ? 1 : 0;
      void receiveLines(
        socket,
        (line, before) => {
          if (!isCurrent()) return undefined;
          return listener.line(channel, before[ids]?.toString() ?? '', line);
        },
        (frames) => {
          this.#taken(channelNames[channel](node), frames.slice(ids));
          return isCurrent() && this.#hasFrames(frames.length - ids, channel);
        },
      );
    }
    void this.#readData(sockets, isCurrent);
  }

  async #readData({ data }: Sockets, isCurrent: () => boolean): Promise<void> {
    for await (const [, ...frames] of data) {
      this.#taken(channelNames.data(this.#options.node), frames);
      if (isCurrent() && this.#hasFrames(frames.length, 'data'))
        this.#options.listener.data(frames);
    }
  }

  #taken(channel: string, frames: readonly Buffer[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    this.#options.door.taken(channel, bytes, frames.length);
  }

  #hasFrames(count: number, channel: string): boolean {
    if (count === FRAMES) return true;
    this.#options.listener.malformed(`${channel}: expected ${FRAMES} frames, found ${count}`);
    return false;
  }

  #closeTasks(): void {
    if (this.#tasks === null) return;
    const { link, socket, queue } = this.#tasks;
    this.#tasks = null;
    queue.close();
    socket.close();
    this.#options.door.unroute(channelNames.tasks(this.#options.node, link));
  }

  #closeSockets(): void {
    this.#closeTasks();
    const sockets = this.#sockets;
    this.#sockets = null;
    if (sockets === null) return;
    sockets.orders.close();
    for (const socket of [sockets.control, sockets.results, sockets.data]) close(socket);
  }
}

function close(socket: Socket): void {
  if (!socket.closed) socket.close();
}
