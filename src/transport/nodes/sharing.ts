/**
 * The links of a shared lab: one host end a node behind one door. Parses what nodes send, checks
 * that a node speaks for its own workers only, and ends links with repeated malformed messages.
 */
import { parseSlot } from '../../core/device.ts';
import { NODE_PROTOCOL } from '../../protocol/node-messages.ts';
import type { FromNode, NodeResult, ToNode } from '../../protocol/node-messages.ts';
import {
  encodeNodeMessage,
  nodeRange,
  parseFromNode,
  parseNodeResult,
} from '../../protocol/node-wire.ts';
import { chosenVersion } from '../../protocol/worker-messages.ts';
import type { ResultMessage } from '../../protocol/worker-messages.ts';
import { allOrNothing } from '../../runtime/all-or-nothing.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { Access } from '../access.ts';
import { Door } from '../door/door.ts';
import type { DoorListener } from '../door/door.ts';
import type { KeyPair } from '../keys.ts';
import type { LongLines } from '../long-lines.ts';
import { peerName, peerNamed } from '../peer-name.ts';
import { explained, takeControl, takeResult } from '../reading.ts';
import type { Channels, Parsed, Receiver } from '../reading.ts';
import type { NodeListener, Peer } from '../transport.ts';
import { BadMessages } from './bad-messages.ts';
import { HostEnd } from './host-end.ts';

/** Milliseconds for which a node is refused whose links have ended too often. */
const SUSPENDED_MS = 60_000;

export interface SharedNode {
  readonly node: string;
  /** Public keys under which the node is admitted, in hex: its own, and its next one. */
  readonly publicKeys: readonly string[];
  /** Secret of the host whose public key the node knows, in hex; default: that of `keys`. */
  readonly secretKey?: string;
}

export interface ShareListener extends DoorListener {
  /** Frames that a node sent on its data channel. @throws MalformedMessage */
  data(node: string, frames: readonly Buffer[]): void;
}

export interface ShareOptions {
  /** TCP port of the door; 0: any free one. */
  readonly port: number;
  /** Address to bind; default: every address of this machine. */
  readonly host?: string;
  readonly keys: KeyPair;
  /** Nodes that may connect from the first moment. */
  readonly nodes: readonly SharedNode[];
  /** Clock of the limits for malformed messages. */
  readonly timer?: Timer;
  readonly listener: ShareListener;
}

/** Receivers of what nodes send. */
export interface NodeReceivers {
  readonly workers: Receiver;
  readonly nodes: NodeListener;
}

export class Sharing {
  readonly #options: ShareOptions;
  readonly #receivers: () => NodeReceivers;
  readonly #long: LongLines;
  readonly #access: Access;
  readonly #door: Door;
  readonly #ends = new Map<string, { readonly end: HostEnd; readonly bad: BadMessages }>();
  #port = 0;

  private constructor(
    options: ShareOptions,
    receivers: () => NodeReceivers,
    long: LongLines,
    access: Access,
  ) {
    this.#options = options;
    this.#receivers = receivers;
    this.#long = long;
    this.#access = access;
    this.#door = new Door(options.listener);
  }

  /** @throws DoorError when the port cannot be opened; nothing is shared then */
  static open(
    options: ShareOptions,
    receivers: () => NodeReceivers,
    long: LongLines,
    access: Access,
  ): Promise<Sharing> {
    return allOrNothing(async (onFailure) => {
      const sharing = new Sharing(options, receivers, long, access);
      onFailure(() => sharing.close());
      // A node that finds no channel tries again only after 30 s, so the door opens last.
      await Promise.all(options.nodes.map((node) => sharing.addNode(node)));
      sharing.#port = await sharing.#door.listen(options.port, options.host ?? null);
      return sharing;
    });
  }

  /** Number of the open port. */
  get port(): number {
    return this.#port;
  }

  /**
   * Lets a node connect, or changes its keys. Wait for it before the node learns that it was
   * admitted, or its first connection is refused.
   */
  async addNode(shared: SharedNode): Promise<void> {
    const { node, publicKeys, secretKey = this.#options.keys.secretKey } = shared;
    this.#access.remove(node);
    for (const key of publicKeys) this.#access.admit(node, key);
    const known = this.#ends.get(node);
    if (known !== undefined) {
      await known.end.rekey(secretKey);
      return;
    }
    const { timer = systemTimer } = this.#options;
    const bad = new BadMessages(() => timer.now());
    const end = await HostEnd.open({
      node,
      secretKey,
      door: this.#door,
      access: this.#access,
      listener: {
        line: (channel, from, line) => this.#line(node, channel, from, line),
        data: (frames) => this.#data(node, frames),
        malformed: (error) => this.#malformed(node, error),
      },
    });
    this.#ends.set(node, { end, bad });
  }

  /**
   * Resolves when the socket has taken the frames.
   * @throws Error when the node is not connected
   */
  async sendData(node: string, frames: readonly (string | Uint8Array)[]): Promise<void> {
    const known = this.#ends.get(node);
    if (known === undefined) throw new Error(`no node ${node} in this lab`);
    await known.end.sendData(frames);
  }

  openLink(node: string): Promise<number> {
    const end = this.#ends.get(node)?.end;
    return end === undefined
      ? Promise.reject(new RangeError(`no node ${node} in this lab`))
      : end.openLink();
  }

  /** Sends a line to a worker, or to the node itself where `to` is empty. */
  sendControl(node: string, to: string, line: string): void {
    this.#ends.get(node)?.end.sendControl(to, line);
  }

  sendTask(node: string, to: string, line: string): void {
    this.#ends.get(node)?.end.sendTask(to, line);
  }

  send(node: string, message: ToNode): void {
    this.sendControl(node, '', encodeNodeMessage(message));
  }

  /** Ends a node's link; the node connects again by itself. */
  async disconnect(node: string): Promise<void> {
    await this.#ends.get(node)?.end.renew();
  }

  /** Refuses a node from now on and ends its connections. */
  cut(node: string): void {
    const known = this.#ends.get(node);
    this.#ends.delete(node);
    known?.end.cut();
  }

  async close(): Promise<void> {
    const ends = [...this.#ends];
    this.#ends.clear();
    for (const [node] of ends) this.#access.remove(node);
    await Promise.all(ends.map(([, { end }]) => end.close()));
    await this.#door.close();
  }

  #line(
    node: string,
    channel: keyof Channels,
    from: string,
    line: string,
  ): Promise<void> | undefined {
    if (!this.#ends.has(node)) return undefined;
    if (from === '') {
      this.#own(node, channel, line);
      return undefined;
    }
    const peer = peerNamed(from);
    if (peer === null || parseSlot(peer.slot).node !== node) {
      this.#malformed(node, `${channel}: ${from.slice(0, 80)} is not a worker of this node`);
      return undefined;
    }
    const receiver = this.#receiver(node);
    return channel === 'control'
      ? this.#long.take('control', line, (parsed) => takeControl(peer, parsed, receiver))
      : this.#long.take('results', line, (parsed) => takeResultOf(peer, parsed, receiver));
  }

  /** Counts malformed messages of workers as the node's. */
  #receiver(node: string): Receiver {
    const { workers } = this.#receivers();
    return {
      ...workers,
      malformed: (what) => {
        workers.malformed(what);
        this.#malformed(node, what.error);
      },
    };
  }

  #data(node: string, frames: readonly Buffer[]): void {
    try {
      this.#options.listener.data(node, frames);
    } catch (error) {
      this.#malformed(node, explained(error));
    }
  }

  #own(node: string, channel: keyof Channels, line: string): void {
    let message: FromNode | NodeResult;
    try {
      message = channel === 'control' ? parseFromNode(line) : parseNodeResult(line);
    } catch (error) {
      const range = channel === 'control' && line.startsWith('{') ? nodeRange(line) : null;
      if (range === null || chosenVersion(range, NODE_PROTOCOL) !== null)
        this.#malformed(node, explained(error));
      else this.#receivers().nodes.otherVersion(node, range);
      return;
    }
    this.#receivers().nodes.message(node, message);
  }

  #malformed(node: string, error: string): void {
    const known = this.#ends.get(node);
    if (known === undefined) return;
    const { nodes } = this.#receivers();
    nodes.malformed(node, error);
    const then = known.bad.count();
    if (then === 'ignore') return;
    if (then === 'pause') known.end.suspend(SUSPENDED_MS);
    else void known.end.renew();
    nodes.linkEnded(node, error, then === 'pause');
  }
}

/**
 * Takes a line of a node's results channel; unlike on this machine, its first frame names a worker.
 */
function takeResultOf(peer: Peer, parsed: Parsed<ResultMessage>, receiver: Receiver): void {
  if (parsed.ok && peerName(parsed.message) !== peerName(peer)) {
    const { type } = parsed.message;
    receiver.malformed({
      peer,
      error: `${type}: from ${peerName(peer)}, but it names ${peerName(parsed.message)}`,
    });
  } else takeResult(parsed, receiver);
}
