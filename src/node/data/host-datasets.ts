/**
 * Datasets of a lab at its host: which ones the nodes should have, the chunks that the host serves,
 * how far each node is, and which nodes read from which. Sends nothing itself.
 */
import { CODE_VERSION, PACKAGES_VERSION } from '../../protocol/node-messages.ts';
import type { DataReport, Introduce, NodeHello, ToNode } from '../../protocol/node-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { ServeData } from '../../transport/nodes/data-channel.ts';
import type { FetchOrder } from './fetch.ts';
import type { ChunkReader } from './incoming.ts';
import { Introductions, type Introduction } from './introductions.ts';
import { ChunkServer } from './serve.ts';

/** A dataset that an unfinished study names. */
export interface WantedDataset {
  readonly content: string;
  readonly name: string;
  /** Programs that the content is the code of; absent: it is a dataset. */
  readonly programs?: NonNullable<FetchOrder['programs']>;
}

export interface HostDatasetsParts {
  readonly timer: Timer;
  /**
   * Returns a dataset's chunks; null: the host does not have it, or every node does because it
   * comes with the program. See `servedTree`.
   */
  readonly open: (dataset: WantedDataset, signal: AbortSignal) => Promise<ChunkReader | null>;
  readonly send: (node: string, message: ToNode) => void;
  /** A dataset cannot be served. */
  readonly failed: (dataset: WantedDataset, reason: string) => void;
}

/** A node, as it introduces itself. */
export interface JoinedNode extends Pick<NodeHello, 'name' | 'has' | 'serves'> {
  readonly id: string;
  /** Its public key in hex. */
  readonly key: string;
  /** Version of the protocol that it and the host speak. */
  readonly version: number;
}

/** A dataset that a node fetches or has fetched. */
export interface DatasetTransfer extends Omit<DataReport, 'type' | 'lacks' | 'tree'> {
  readonly name: string;
}

interface Tree {
  readonly order: FetchOrder;
  readonly reader: ChunkReader;
}

interface Node extends JoinedNode {
  /** Last report by tree. */
  readonly reports: Map<string, DataReport>;
}

/** Milliseconds for which an introduction is valid, and after which it is repeated. */
const VALID_MS = 600_000;
const AGAIN_MS = 300_000;
/** Port in the introduction of a reader that serves nothing itself. */
const NO_PORT = { port: 1, addresses: [] };

export class HostDatasets {
  readonly #parts: HostDatasetsParts;
  readonly #server: ChunkServer;
  readonly #introductions = new Introductions();
  readonly #nodes = new Map<string, Node>();
  /** By content: in preparation, or prepared. */
  readonly #trees = new Map<string, Promise<Tree | null>>();
  #ready: readonly Tree[] = [];
  #wanted: readonly WantedDataset[] = [];
  #stopTimer: () => void;
  readonly #stop = new AbortController();

  constructor(parts: HostDatasetsParts) {
    this.#parts = parts;
    const readerOf = (tree: string): ChunkReader | null =>
      this.#ready.find(({ order }) => order.tree === tree)?.reader ?? null;
    this.#server = new ChunkServer(readerOf);
    this.#stopTimer = parts.timer.after(AGAIN_MS, () => this.#again());
  }

  /** Answers a node. */
  readonly serve: ServeData = (node, request) => this.#server.serve(node, request);

  /**
   * Sets the datasets of unfinished studies; replaces the earlier list. Resolves once the nodes
   * have been told.
   */
  async want(wanted: readonly WantedDataset[]): Promise<void> {
    this.#wanted = wanted;
    for (const dataset of wanted)
      if (!this.#trees.has(dataset.content)) {
        const prepared = this.#prepare(dataset);
        this.#trees.set(dataset.content, prepared);
        // Tried again when it is wanted anew.
        if ((await prepared) === null) this.#trees.delete(dataset.content);
      }
    const trees: (Tree | null)[] = [];
    for (const { content } of wanted) trees.push((await this.#trees.get(content)) ?? null);
    // Another list came meanwhile.
    if (this.#wanted !== wanted || this.#stop.signal.aborted) return;
    this.#ready = trees.filter((tree) => tree !== null);
    for (const { id, version } of this.#nodes.values())
      this.#parts.send(id, { type: 'fetch', fetch: [...this.orders(version)] });
  }

  /**
   * Datasets and code that a node should have, for `nodeWelcome`.
   * @param version of the protocol that the node and the host speak
   */
  orders(version: number): readonly FetchOrder[] {
    const orders = this.#ready.map(({ order: { content, tree, name } }) => ({
      // Other programs may need a content that was prepared before.
      ...(this.#wanted.find((each) => each.content === content) ?? { content, name }),
      tree,
    }));
    const known = orders.filter(
      (order: FetchOrder) => order.programs === undefined || version >= CODE_VERSION,
    );
    return version >= PACKAGES_VERSION ? known : known.map(withoutImports);
  }

  /** Code that a node is not told of, because its release runs no programs of other machines. */
  untold(id: string): readonly WantedDataset[] {
    const version = this.#nodes.get(id)?.version ?? CODE_VERSION;
    return version >= CODE_VERSION
      ? []
      : this.#wanted.filter(({ programs }) => programs !== undefined);
  }

  /** A node has joined, perhaps anew. */
  joined(node: JoinedNode): void {
    this.#introductions.gone(node.id);
    this.#nodes.set(node.id, { ...node, reports: new Map() });
  }

  /** A node that has joined has a new key: the nodes that it reads from, or that read, are told. */
  rekeyed(id: string, key: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined || node.key === key) return;
    this.#nodes.set(id, { ...node, key });
    for (const each of this.#introductions.all())
      if (each.reader === id || each.source === id) this.#introduce(each);
  }

  /** A node has left or was removed. */
  left(id: string): void {
    this.#nodes.delete(id);
    this.#server.forget(id);
    this.#introductions.gone(id);
  }

  report(id: string, report: DataReport): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.reports.set(report.tree, report);
    const { tree, state, of } = report;
    if (node.serves !== null && of > 0 && (state === 'had' || state === 'fetching'))
      this.#introductions.addSource(tree, id);
    if (state !== 'fetching') this.#introductions.readerDone(tree, id);
    else for (const each of this.#introductions.forReader(tree, id)) this.#introduce(each);
  }

  /** Progress of a node's datasets, for people. */
  transfers(id: string): DatasetTransfer[] {
    const reports = [...(this.#nodes.get(id)?.reports.values() ?? [])];
    return reports.map(({ tree, content, state, bytes, of, sources, error }) => {
      const known = this.#ready.find(({ order }) => order.tree === tree);
      return { name: known?.order.name ?? content, content, state, bytes, of, sources, error };
    });
  }

  close(): void {
    this.#stop.abort();
    this.#stopTimer();
  }

  async #prepare(dataset: WantedDataset): Promise<Tree | null> {
    try {
      const reader = await this.#parts.open(dataset, this.#stop.signal);
      return reader && { order: { ...dataset, tree: reader.manifest.tree }, reader };
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.#parts.failed(dataset, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Repeats all introductions before they expire. */
  #again(): void {
    for (const each of this.#introductions.all()) this.#introduce(each);
    this.#stopTimer = this.#parts.timer.after(AGAIN_MS, () => this.#again());
  }

  #introduce({ tree, reader, source }: Introduction): void {
    const [from, to] = [this.#nodes.get(source), this.#nodes.get(reader)];
    if (from === undefined || to === undefined) return;
    // The source first, so that it knows the reader when the reader connects.
    this.#parts.send(source, introduction(tree, to, 'reader'));
    this.#parts.send(reader, introduction(tree, from, 'source'));
  }
}

function introduction(tree: string, node: Node, as: Introduce['as']): Introduce {
  const { id, name, key, serves } = node;
  const { port, addresses } = serves ?? NO_PORT;
  return {
    type: 'introduce',
    tree,
    peer: { node: id, name, key, port, addresses: [...addresses] },
    as,
    validMs: VALID_MS,
  };
}

function withoutImports({ programs, ...order }: FetchOrder): FetchOrder {
  if (programs === undefined) return order;
  return {
    ...order,
    programs: programs.map(({ command, folder, python }) => ({
      command,
      folder,
      ...(python === undefined ? {} : { python }),
    })),
  };
}
