/**
 * Reads chunks from another node: a DEALER through a lobby to the door of that node. A refused
 * connection is made anew, because the other node may hear of this one a moment later.
 */
import { Dealer } from 'zeromq';
import { systemTimer } from '../../runtime/timer.ts';
import { MalformedMessage } from '../../protocol/message-line.ts';
import { Lobby } from '../door/lobby.ts';
import type { DoorAddress, LobbyChannel } from '../door/lobby.ts';
import type { KeyPair } from '../keys.ts';
import { eventsOf } from '../sockets.ts';
import { FrameSource, type DataFrames, type DataSource } from './data-channel.ts';
import { FrameQueue, bytesOf } from './frame-queue.ts';
import { channelNames, connectingChannels, connectingOptions } from './link-sockets.ts';

/** Milliseconds until a refused connection is made anew. */
const REFUSED_MS = 1_000;

export interface PeerAddress {
  /** Public key of the node in hex. */
  readonly key: string;
  readonly addresses: readonly DoorAddress[];
}

/**
 * Starts connecting; what is asked meanwhile fails with `ChannelLost`.
 * @param node id of this node, which names its channel at the other
 */
export function connectPeer(peer: PeerAddress, node: string, keys: KeyPair): DataSource {
  const connection = new PeerConnection(peer, node, keys);
  void connection.open();
  return connection.source;
}

class PeerConnection {
  readonly source: FrameSource;
  readonly #peer: PeerAddress;
  readonly #node: string;
  readonly #keys: KeyPair;
  readonly #lobby: Lobby;
  #channel: LobbyChannel | null = null;
  #socket: Dealer | null = null;
  #queue: FrameQueue | null = null;
  #cancel: () => void = () => undefined;
  #isClosed = false;

  constructor(peer: PeerAddress, node: string, keys: KeyPair) {
    this.#peer = peer;
    this.#node = node;
    this.#keys = keys;
    this.#lobby = new Lobby(peer.addresses, {
      refused: () => this.#again(),
      reached: () => undefined,
      flooded: () => this.#again(),
    });
    this.source = new FrameSource(
      (frames) => this.#send(frames),
      () => this.#close(),
    );
  }

  async open(): Promise<void> {
    const channel = await this.#lobby.open(channelNames.data(this.#node));
    if (this.#isClosed) {
      channel.close();
      return;
    }
    this.#channel = channel;
    this.#connect();
  }

  #connect(): void {
    if (this.#channel === null || this.#isClosed) return;
    const socket = new Dealer({
      ...connectingChannels.data,
      ...connectingOptions(this.#keys, this.#peer.key),
      immediate: true,
      sendTimeout: 0,
    });
    this.#socket = socket;
    this.#queue = new FrameQueue(socket);
    void this.#watch(socket);
    void this.#read(socket);
    socket.connect(`tcp://127.0.0.1:${this.#channel.port}`);
  }

  async #watch(socket: Dealer): Promise<void> {
    const events = eventsOf(socket);
    if (events === null) {
      // The caller connects the socket first.
      await Promise.resolve();
      if (this.#socket === socket) this.#again();
      return;
    }
    for await (const { type } of events) {
      if (this.#socket !== socket) return;
      if (type === 'handshake') this.source.connected();
      else if (type === 'disconnect') this.source.lost();
      else if (type === 'handshake:error:auth') this.#again();
    }
  }

  async #read(socket: Dealer): Promise<void> {
    for await (const frames of socket) {
      if (this.#socket !== socket) return;
      this.#channel?.taken(bytesOf(frames), frames.length);
      try {
        this.source.receive(frames);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        // What it asked for stays unanswered, as with a source that does not answer.
      }
    }
  }

  async #send(frames: DataFrames): Promise<void> {
    if (this.#queue === null) throw new Error('not connected');
    await this.#queue.send(frames);
  }

  #again(): void {
    this.#disconnect();
    this.#cancel();
    this.#cancel = systemTimer.after(REFUSED_MS, () => this.#connect());
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#queue = null;
    socket?.close();
    this.source.lost();
  }

  #close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#disconnect();
    this.#lobby.close();
  }
}
