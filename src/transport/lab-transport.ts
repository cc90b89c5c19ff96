/**
 * The transport of a lab that can be shared: workers of this machine through their own sockets,
 * workers of nodes through the links of their nodes. Slots and sessions tell which.
 */
import { THIS_NODE, parseSlot } from '../core/device.ts';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../protocol/worker-messages.ts';
import { encodeMessage } from '../protocol/worker-wire.ts';
import { Access } from './access.ts';
import { checkLength } from './lines.ts';
import { LongLines } from './long-lines.ts';
import { Sharing } from './nodes/sharing.ts';
import type { NodeReceivers, ShareOptions } from './nodes/sharing.ts';
import { peerName } from './peer-name.ts';
import type {
  CoordinatorTransport,
  Malformed,
  NodeChannels,
  NodeListener,
  Peer,
} from './transport.ts';

/** Endpoint in the welcome of a node's worker; the relay puts its own in place of it. */
const AT_NODE = 'at-node';

interface RemoteSession {
  readonly node: string;
  readonly to: string;
}

export class LabTransport implements CoordinatorTransport {
  readonly #local: CoordinatorTransport;
  readonly #long = new LongLines();
  /** Sessions of nodes' workers with an open task channel. */
  readonly #sessions = new Map<string, RemoteSession>();
  #links: Sharing | null = null;
  /** Opened by the first sharing, and kept: it decides on local sockets too. */
  #access: Access | null = null;
  #receivers: NodeReceivers = {
    workers: { receive: () => undefined, malformed: () => undefined, answer: () => undefined },
    nodes: {
      message: () => undefined,
      malformed: () => undefined,
      linkEnded: () => undefined,
      otherVersion: () => undefined,
    },
  };

  /** @param local transport of this machine's workers */
  constructor(local: CoordinatorTransport) {
    this.#local = local;
  }

  readonly nodes: NodeChannels = {
    openLink: (node) =>
      this.#links?.openLink(node) ?? Promise.reject(new RangeError('the lab is not shared')),
    send: (node, message) => this.#links?.send(node, message),
    cut: (node) => this.#links?.cut(node),
    onMessage: (listener: NodeListener) => {
      this.#receivers = { ...this.#receivers, nodes: listener };
    },
  };

  get controlEndpoint(): string {
    return this.#local.controlEndpoint;
  }

  get resultsEndpoint(): string {
    return this.#local.resultsEndpoint;
  }

  /**
   * Opens the door and the sockets of known nodes.
   * @throws DoorError when the port cannot be opened; nothing is shared then
   */
  async share(options: ShareOptions): Promise<Sharing> {
    if (this.#links !== null) throw new RangeError('the lab is shared already');
    this.#access ??= await Access.open();
    const receivers = (): NodeReceivers => this.#receivers;
    const links = await Sharing.open(options, receivers, this.#long, this.#access);
    this.#links = links;
    return links;
  }

  /** Closes the door and every link; workers of this machine are not affected. */
  async unshare(): Promise<void> {
    const links = this.#links;
    this.#links = null;
    this.#sessions.clear();
    await links?.close();
  }

  openTasks(session: string, peer: Peer): Promise<string> {
    const { node } = parseSlot(peer.slot);
    if (node === THIS_NODE) return this.#local.openTasks(session, peer);
    this.#sessions.set(session, { node, to: peerName(peer) });
    return Promise.resolve(AT_NODE);
  }

  closeTasks(session: string): void {
    if (!this.#sessions.delete(session)) this.#local.closeTasks(session);
  }

  sendTask(session: string, message: TaskMessage): void {
    const remote = this.#sessions.get(session);
    if (remote === undefined) {
      this.#local.sendTask(session, message);
      return;
    }
    const line = encodeMessage(message);
    checkLength(line);
    this.#links?.sendTask(remote.node, remote.to, line);
  }

  sendControl(peer: Peer, message: ToWorker): void {
    const { node } = parseSlot(peer.slot);
    if (node === THIS_NODE) {
      this.#local.sendControl(peer, message);
      return;
    }
    const line = encodeMessage(message);
    checkLength(line);
    this.#links?.sendControl(node, peerName(peer), line);
  }

  onMessage(
    receive: (message: FromWorker | ResultMessage) => void,
    malformed: (what: Malformed) => void,
  ): void {
    this.#local.onMessage(receive, malformed);
    const answer = (peer: Peer, message: ToWorker): void => this.sendControl(peer, message);
    this.#receivers = { ...this.#receivers, workers: { receive, malformed, answer } };
  }

  async close(): Promise<void> {
    await Promise.all([this.unshare(), this.#local.close()]);
    await Promise.all([this.#long.close(), this.#access?.close()]);
  }
}
