/**
 * The node's end of its link to a host: four sockets through a lobby. Whatever ends the control or
 * the task connection renews all of them. Passes on the lines of workers unparsed.
 */
import { Dealer, Pull } from 'zeromq';
import type { Socket } from 'zeromq';
import type { FromNode, NodeResult, ToNode } from '../../protocol/node-messages.ts';
import { encodeNodeMessage, parseToNode } from '../../protocol/node-wire.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { Lobby } from '../door/lobby.ts';
import type { DoorAddress, LobbyChannel } from '../door/lobby.ts';
import type { KeyPair } from '../keys.ts';
import { linesOf } from '../lines.ts';
import { peerName, peerNamed } from '../peer-name.ts';
import { PushSocket } from '../push-socket.ts';
import { explained } from '../reading.ts';
import { SendQueue } from '../send-queue.ts';
import { within } from '../../runtime/within.ts';
import { eventsOf } from '../sockets.ts';
import type { Peer } from '../transport.ts';
import { FrameQueue, bytesOf } from './frame-queue.ts';
import {
  NODE_ROUTING_ID,
  channelNames,
  connectingChannels,
  connectingOptions,
} from './link-sockets.ts';

export type LinkState =
  | { readonly is: 'connecting' }
  /** The channels to the host are open: send `node` now. */
  | { readonly is: 'connected'; readonly address: DoorAddress | null }
  /** The host refuses this node; it is asked again after `RETRY_REFUSED_MS`. */
  | { readonly is: 'refused'; readonly why: 'noSuchChannel' | 'unknownKey' };

export interface NodeEndListener {
  state(state: LinkState): void;
  /** A message of the host to the node itself. */
  message(message: ToNode): void;
  /** Lines of the control channel for a worker, separated by line feeds. */
  control(peer: Peer, lines: string): void;
  /** Lines of the task channel for a worker, separated by line feeds. */
  tasks(peer: Peer, lines: string): void;
  /** Frames of the data channel. */
  data(frames: readonly Buffer[]): void;
  malformed(error: string): void;
}

export interface NodeEndOptions {
  /** Id of this node. */
  readonly node: string;
  readonly keys: KeyPair;
  /** Public key of the host in hex. */
  readonly hostKey: string;
  /** Addresses of the host, tried in turn. */
  readonly addresses: readonly DoorAddress[];
  readonly listener: NodeEndListener;
  readonly timer?: Timer;
}

/** Milliseconds after which a host that refused this node is asked again. */
export const RETRY_REFUSED_MS = 30_000;
/** Milliseconds between the end of a link and the next one. */
const RENEW_MS = 50;

interface Links {
  readonly control: Dealer;
  readonly results: PushSocket;
  readonly data: Dealer;
  readonly reports: SendQueue<string>;
  readonly outcomes: SendQueue<string>;
  readonly pieces: FrameQueue;
  /** Channels whose connection was established. */
  readonly open: Set<'control' | 'results' | 'tasks'>;
  tasks: { readonly socket: Pull; readonly channel: LobbyChannel } | null;
}

/** Everything sent while the link is down is dropped. */
export class NodeEnd {
  readonly #options: NodeEndOptions;
  readonly #timer: Timer;
  readonly #lobby: Lobby;
  #keys: KeyPair;
  #hostKey: string;
  #channels: Readonly<Record<'control' | 'results' | 'data', LobbyChannel>> | null = null;
  #links: Links | null = null;
  #address: DoorAddress | null = null;
  #cancelRenewal: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: NodeEndOptions) {
    this.#options = options;
    this.#keys = options.keys;
    this.#hostKey = options.hostKey;
    this.#timer = options.timer ?? systemTimer;
    this.#lobby = new Lobby(
      options.addresses,
      {
        refused: (channel) => this.#refused(channel),
        reached: (address) => (this.#address = address),
        flooded: (channel) =>
          options.listener.malformed(`more arrived on ${channel} than was read`),
      },
      this.#timer,
    );
  }

  /** Starts connecting; the listener is told how it goes. */
  static async open(options: NodeEndOptions): Promise<NodeEnd> {
    const end = new NodeEnd(options);
    const { node } = options;
    const [control, results, data] = await Promise.all([
      end.#lobby.open(channelNames.control(node)),
      end.#lobby.open(channelNames.results(node)),
      end.#lobby.open(channelNames.data(node)),
    ]);
    end.#channels = { control, results, data };
    end.#connect();
    return end;
  }

  /** Replaces the addresses of the host. */
  setAddresses(addresses: readonly DoorAddress[]): void {
    this.#lobby.setAddresses(addresses);
  }

  /**
   * Expects another public key of the host, hex, from the next link on. Begins that link at once
   * unless there is one now.
   */
  expectHost(hostKey: string): void {
    this.#hostKey = hostKey;
    if (this.#links !== null && !isConnected(this.#links)) this.#renew(RENEW_MS);
  }

  /** Uses other keys of this node from the next link on. */
  useKeys(keys: KeyPair): void {
    this.#keys = keys;
  }

  /** Joins the task channel of a link, which `nodeWelcome` names. */
  joinTasks(link: number): void {
    void this.#joinTasks(link);
  }

  async #joinTasks(link: number): Promise<void> {
    const links = this.#links;
    if (links === null) return;
    const channel = await this.#lobby.open(channelNames.tasks(this.#options.node, link));
    if (this.#links !== links) {
      channel.close();
      return;
    }
    closeTasks(links);
    const { listener } = this.#options;
    const connecting = connectingOptions(this.#keys, this.#hostKey);
    const socket = new Pull({ ...connectingChannels.tasks, ...connecting });
    links.tasks = { socket, channel };
    void this.#watch(socket, links, 'tasks');
    socket.connect(`tcp://127.0.0.1:${channel.port}`);
    void this.#read(socket, links, channel, (peer, lines) => listener.tasks(peer, lines));
  }

  send(message: FromNode): void {
    this.#links?.reports.push('', encodeNodeMessage(message));
  }

  /** Sends a message of the node itself on the results channel. */
  sendResult(message: NodeResult): void {
    this.#links?.outcomes.push('', encodeNodeMessage(message));
  }

  /** Sends one line of a worker on the control channel. */
  sendWorkerControl(peer: Peer, line: string): void {
    this.#links?.reports.push(peerName(peer), line);
  }

  /** Sends one line of a worker on the results channel. */
  sendWorkerResult(peer: Peer, line: string): void {
    this.#links?.outcomes.push(peerName(peer), line);
  }

  /**
   * Resolves when the socket has taken the frames.
   * @throws Error when the link is down
   */
  async sendData(frames: readonly (string | Uint8Array)[]): Promise<void> {
    if (this.#links === null) throw new Error('the link is down');
    await this.#links.pieces.send(frames);
  }

  /** Ends the link once what was sent had time to leave. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRenewal();
    const links = this.#links;
    if (links !== null) {
      const sent = Promise.all([links.reports.empty(), links.outcomes.empty()]);
      await within(
        200,
        sent.then(() => undefined),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.#disconnect();
    this.#lobby.close();
  }

  #connect(): void {
    const { listener } = this.#options;
    const channels = this.#channels;
    if (this.#isClosed || channels === null) return;
    const connecting = connectingOptions(this.#keys, this.#hostKey);
    const sending = { immediate: true, sendTimeout: 0 } as const;
    const control = new Dealer({
      ...connectingChannels.control,
      ...connecting,
      ...sending,
      routingId: NODE_ROUTING_ID,
    });
    const results = new PushSocket({ ...connectingChannels.results, ...connecting, ...sending });
    const data = new Dealer({
      ...connectingChannels.data,
      ...connecting,
      immediate: true,
      routingId: NODE_ROUTING_ID,
    });
    const links: Links = {
      control,
      results,
      data,
      reports: new SendQueue((to, frame) => control.send([to, frame])),
      outcomes: new SendQueue((to, frame) => results.send([to, frame])),
      pieces: new FrameQueue(data),
      open: new Set(),
      tasks: null,
    };
    this.#links = links;
    listener.state({ is: 'connecting' });
    void this.#watch(control, links, 'control');
    void this.#watch(results, links, 'results');
    control.connect(`tcp://127.0.0.1:${channels.control.port}`);
    results.connect(`tcp://127.0.0.1:${channels.results.port}`);
    data.connect(`tcp://127.0.0.1:${channels.data.port}`);
    void this.#read(control, links, channels.control, (peer, lines) =>
      listener.control(peer, lines),
    );
    void this.#readData(data, links, channels.data);
  }

  /**
   * Follows the events of a socket. The link is connected once the control and the results channel
   * are; what the latter would have sent before is lost.
   */
  async #watch(
    socket: Socket,
    links: Links,
    channel: 'control' | 'results' | 'tasks',
  ): Promise<void> {
    const events = eventsOf(socket);
    if (events === null) {
      // The caller connects the sockets first.
      await Promise.resolve();
      if (this.#links === links) this.#renew(RENEW_MS);
      return;
    }
    for await (const { type } of events) {
      if (this.#links !== links) return;
      if (type === 'handshake') {
        const wasOpen = isConnected(links);
        links.open.add(channel);
        if (!wasOpen && isConnected(links))
          this.#options.listener.state({ is: 'connected', address: this.#address });
      } else if (type === 'disconnect' && channel !== 'results' && links.open.has(channel)) {
        this.#renew(RENEW_MS);
      } else if (type === 'handshake:error:auth') {
        this.#options.listener.state({ is: 'refused', why: 'unknownKey' });
        this.#renew(RETRY_REFUSED_MS);
      }
    }
  }

  async #read(
    socket: Dealer | Pull,
    links: Links,
    channel: LobbyChannel,
    take: (peer: Peer, lines: string) => void,
  ): Promise<void> {
    const { listener } = this.#options;
    for await (const frames of socket) {
      if (this.#links !== links) return;
      channel.taken(bytesOf(frames), frames.length);
      const [to, lines] = frames;
      if (frames.length !== 2 || to === undefined || lines === undefined) {
        listener.malformed(`expected 2 frames, found ${frames.length}`);
        continue;
      }
      if (to.length === 0) {
        this.#readOwn(lines.toString());
        continue;
      }
      const peer = peerNamed(to.toString());
      if (peer === null) listener.malformed('expected the name of a worker in the first frame');
      else take(peer, lines.toString());
    }
  }

  #readOwn(lines: string): void {
    const { listener } = this.#options;
    for (const line of linesOf(lines)) {
      let message: ToNode;
      try {
        message = parseToNode(line);
      } catch (error) {
        listener.malformed(explained(error));
        continue;
      }
      listener.message(message);
    }
  }

  async #readData(data: Dealer, links: Links, channel: LobbyChannel): Promise<void> {
    for await (const frames of data) {
      if (this.#links !== links) return;
      channel.taken(bytesOf(frames), frames.length);
      this.#options.listener.data(frames);
    }
  }

  #refused(channel: string): void {
    if (this.#links === null || this.#isClosed) return;
    // A task channel is gone when the host has opened the next link.
    if (channel !== channelNames.control(this.#options.node)) {
      this.#renew(RENEW_MS);
      return;
    }
    this.#options.listener.state({ is: 'refused', why: 'noSuchChannel' });
    this.#renew(RETRY_REFUSED_MS);
  }

  #renew(afterMs: number): void {
    this.#disconnect();
    if (this.#isClosed) return;
    this.#cancelRenewal();
    this.#cancelRenewal = this.#timer.after(afterMs, () => this.#connect());
  }

  #disconnect(): void {
    const links = this.#links;
    this.#links = null;
    if (links === null) return;
    links.reports.close();
    links.outcomes.close();
    closeTasks(links);
    for (const socket of [links.control, links.results, links.data]) socket.close();
  }
}

function isConnected({ open }: Links): boolean {
  return open.has('control') && open.has('results');
}

function closeTasks(links: Links): void {
  links.tasks?.socket.close();
  links.tasks?.channel.close();
  links.tasks = null;
}
