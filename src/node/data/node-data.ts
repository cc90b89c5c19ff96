/**
 * Assembles the datasets of a node process: the channel to the host, the door for other nodes, the
 * folders on disk.
 */
import { GalapagosError } from '../../core/errors.ts';
import type {
  DataReport,
  Introduce,
  NodeHello,
  PackagesReport,
} from '../../protocol/node-messages.ts';
import { LAB_PORT } from '../../protocol/host-address.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { KeyPair } from '../../transport/keys.ts';
import { FrameSource, type DataFrames } from '../../transport/nodes/data-channel.ts';
import { PeerServer } from '../../transport/nodes/peer-server.ts';
import { connectPeer } from '../../transport/nodes/peer-source.ts';
import type { FetchOrder } from './fetch.ts';
import { NodeDatasets } from './node-datasets.ts';
import { nodeStore, type DatasetFolders } from './node-store.ts';

export interface NodeDataParts {
  /** Id of this node. */
  readonly node: string;
  readonly keys: KeyPair;
  /** Name of the host, for people. */
  readonly host: string;
  readonly folders: DatasetFolders;
  /** True if other nodes may read from this one. */
  readonly serves: boolean;
  /** Addresses of this machine. */
  readonly addresses: () => readonly string[];
  readonly report: (report: DataReport) => void;
  /** Reports the packages for code that is here; default: nothing is asked. */
  readonly packages?: (report: PackagesReport) => void;
  /** Sends frames on the data channel to the host; rejects while the link is down. */
  readonly sendData: (frames: DataFrames) => Promise<void>;
  readonly warn: (text: string) => void;
}

/** Most addresses that a node gives to others. */
const MOST_ADDRESSES = 16;

export class NodeData {
  readonly #parts: NodeDataParts;
  readonly #datasets: NodeDatasets;
  readonly #host: FrameSource;
  #server: PeerServer | null = null;
  #keys: KeyPair;
  #orders: readonly FetchOrder[] = [];

  constructor(parts: NodeDataParts) {
    this.#parts = parts;
    this.#keys = parts.keys;
    this.#host = new FrameSource((frames) => parts.sendData(frames));
    this.#datasets = new NodeDatasets({
      store: nodeStore(parts.folders),
      timer: systemTimer,
      report: (report) => {
        parts.report(report);
        if (report.state === 'had') void this.#tellPackages(report.content);
      },
      connect: ({ key, port, addresses }) =>
        connectPeer(
          { key, addresses: addresses.map((host) => ({ host, port })) },
          parts.node,
          this.#keys,
        ),
      admit: (peer, validMs) => void this.#server?.admit(peer, validMs),
    });
    this.#datasets.hostChannel(parts.host, this.#host);
  }

  /** Opens the door for other nodes. A node that cannot open it serves nothing, and says why. */
  async open(): Promise<void> {
    if (!this.#parts.serves) return;
    try {
      // The usual port, so that firewalls need one rule; a host on this machine has it.
      this.#server = await this.#serve(LAB_PORT).catch(() => this.#serve(0));
    } catch (error) {
      if (!(error instanceof GalapagosError)) throw error;
      this.#parts.warn(`other nodes cannot fetch datasets from this one: ${error.message}`);
    }
  }

  /** Contents that this node can train on. */
  has(): string[] {
    return [...this.#datasets.has()];
  }

  /** Address at which other nodes reach this one; null: they do not. */
  get serves(): NodeHello['serves'] {
    if (this.#server === null) return null;
    const addresses = this.#parts.addresses().slice(0, MOST_ADDRESSES);
    return { port: this.#server.port, addresses };
  }

  /** The host has welcomed this node, or changed the list. */
  want(orders: readonly FetchOrder[]): void {
    this.#orders = orders;
    this.#datasets.want(orders);
  }

  /** Removes what was fetched for studies that are gone, except what the host wants here. */
  async unneeded(contents: readonly string[]): Promise<void> {
    await this.#datasets.unneeded(contents);
  }

  introduce(message: Introduce): void {
    this.#datasets.introduce(message);
  }

  /** The host knows another key of this node, which it names to other nodes from now on. */
  useKeys(keys: KeyPair): void {
    this.#keys = keys;
    void this.#server?.useKeys(keys);
    this.#datasets.reconnect();
  }

  /** A link to the host begins. */
  connected(): void {
    this.#host.connected();
  }

  /** The link to the host has ended. */
  lost(): void {
    this.#host.lost();
  }

  /** Takes the frames of an answer of the host. @throws MalformedMessage */
  frames(frames: readonly Buffer[]): void {
    this.#host.receive(frames);
  }

  async close(): Promise<void> {
    await this.#datasets.close();
    this.#host.close();
    await this.#server?.close();
  }

  /** Asks for the packages of code that is here; no trial depends on the answer. */
  async #tellPackages(content: string): Promise<void> {
    const { folders, packages } = this.#parts;
    const order = this.#orders.find((each) => each.content === content);
    if (order === undefined || packages === undefined) return;
    try {
      for (const report of (await folders.packages?.(order)) ?? []) packages(report);
    } catch (error) {
      this.#parts.warn(`cannot ask the Python of ${order.name}: ${String(error)}`);
    }
  }

  #serve(port: number): Promise<PeerServer> {
    return PeerServer.open({
      port,
      keys: this.#keys,
      serve: this.#datasets.serve,
      refused: () => undefined,
      broken: (error) => {
        this.#server = null;
        this.#parts.warn(`other nodes cannot fetch datasets from this one: ${error.message}`);
      },
    });
  }
}
