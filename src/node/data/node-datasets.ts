/**
 * Datasets of a node: fetches those that the host wants it to have, one after the other, serves the
 * chunks it has to other nodes, and keeps what it fetched within limits. What a dataset is, and
 * where it is stored, is behind `DatasetStore`.
 */
import type { DataReport, Introduce } from '../../protocol/node-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { DataSource, ServeData } from '../../transport/nodes/data-channel.ts';
import { keptBytes, toEvict, type Kept } from './evict.ts';
import { TreeFetch, type FetchOrder, type FetchState, type Space } from './fetch.ts';
import type { ChunkReader, IncomingTrees } from './incoming.ts';
import { ChunkServer } from './serve.ts';

/** Store of this machine's datasets; `node-store.ts` keeps them on disk. */
export interface DatasetStore {
  /** Contents that the workers of this machine can train on, fetched or not. */
  contents(): readonly string[];
  /**
   * Says why this machine does not take the content; null: it takes it, or has it already. A
   * content that is accepted here is one of `contents` from then on.
   */
  refusal?(order: FetchOrder): string | null;
  readonly incoming: IncomingTrees;
  /**
   * Checks the collected files of a tree as an import does, and stores them.
   * @throws Error whose message says what is wrong
   */
  finish(order: FetchOrder): Promise<void>;
  /** Datasets that were fetched. */
  fetched(): readonly Kept[];
  /** Chunks of a fetched dataset; null: there is none. */
  reader(content: string): Promise<ChunkReader | null>;
  remove(content: string): Promise<void>;
  /** Bytes that are free on the disk and that it has in all. */
  disk(): Promise<{ readonly free: number; readonly total: number }>;
}

export interface NodeDatasetsParts {
  readonly store: DatasetStore;
  readonly timer: Timer;
  /** Sends a report to the host. */
  readonly report: (report: DataReport) => void;
  /** Opens the data channel of another node. */
  readonly connect: (peer: Introduce['peer']) => DataSource;
  /** Lets another node connect for a time. */
  readonly admit: (peer: Introduce['peer'], validMs: number) => void;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Least milliseconds between two reports of one state. */
const REPORT_MS = 250;
/** Most sources of one tree beside the host. */
const MOST_PEERS = 4;
const HOST = 'host';
/** Milliseconds until a failed dataset is tried again. */
const FAILED_MS = 60_000;

interface Introduced {
  readonly peer: Introduce['peer'];
  readonly until: number;
}

export class NodeDatasets {
  readonly #parts: NodeDatasetsParts;
  readonly #server: ChunkServer;
  #wanted: readonly FetchOrder[] = [];
  #fetch: TreeFetch | null = null;
  /** State of each wanted tree that is not being fetched now, by tree. */
  readonly #ended = new Map<string, FetchState>();
  #host: { readonly name: string; readonly source: DataSource } | null = null;
  /** Peers that have chunks, by tree and node. */
  readonly #sources = new Map<string, Map<string, Introduced>>();
  readonly #connected = new Map<string, DataSource>();
  #reportedAt = -Infinity;
  #reported = '';
  #stopTimer: () => void = () => undefined;
  #closed = false;

  constructor(parts: NodeDatasetsParts) {
    this.#parts = parts;
    this.#server = new ChunkServer((tree) => this.#find(tree));
  }

  /** Contents that this node can train on, for its message `node`. */
  has(): readonly string[] {
    return this.#parts.store.contents();
  }

  /** Answers other nodes. */
  readonly serve: ServeData = (reader, request) => this.#server.serve(reader, request);

  /** Sets the channel to the host. @param name for people */
  hostChannel(name: string, source: DataSource): void {
    this.#host = { name, source };
    this.#fetch?.addSource(HOST, name, source, true);
  }

  /**
   * Sets which datasets the host wants here, of `nodeWelcome` or `fetch`; replaces the earlier
   * list. Failed ones are tried again.
   */
  want(orders: readonly FetchOrder[]): void {
    this.#wanted = orders;
    this.#ended.clear();
    // Code that is here may be that of another program now.
    for (const order of orders) {
      const refusal = this.#parts.store.refusal?.(order) ?? null;
      if (refusal !== null) this.#refuse(order, refusal);
    }
    const here = new Set(this.has());
    for (const order of orders) if (here.has(order.content)) void this.#reportHad(order);
    if (this.#fetch !== null && !orders.some(({ tree }) => tree === this.#fetch?.order.tree))
      this.#end();
    this.#next();
  }

  /** Removes what was fetched for studies that are gone, except what the host wants here. */
  async unneeded(contents: readonly string[]): Promise<void> {
    const fetched = this.#parts.store.fetched().filter(({ content }) => contents.includes(content));
    for (const kept of fetched)
      if (!this.#wanted.some(({ content }) => content === kept.content))
        await this.#evict(kept, 'removed with the last study that needed it');
    // Wanted meanwhile: it is fetched again.
    this.#next();
  }

  introduce({ tree, peer, as, validMs }: Introduce): void {
    if (as === 'reader') {
      this.#parts.admit(peer, validMs);
      return;
    }
    const peers = this.#sources.get(tree) ?? new Map<string, Introduced>();
    this.#sources.set(tree, peers);
    const known = peers.get(peer.node);
    peers.set(peer.node, { peer, until: this.#parts.timer.now() + validMs });
    if (known !== undefined && known.peer.key !== peer.key) this.#disconnect(peer.node);
    else if (known !== undefined) return;
    if (this.#fetch?.order.tree === tree) this.#addPeers(this.#fetch);
  }

  /** This node's key has changed: connects to its sources anew. */
  reconnect(): void {
    for (const node of [...this.#connected.keys()]) this.#disconnect(node);
    if (this.#fetch !== null) this.#addPeers(this.#fetch);
  }

  #disconnect(node: string): void {
    this.#fetch?.removeSource(node);
    this.#connected.get(node)?.close();
    this.#connected.delete(node);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const fetch = this.#fetch;
    this.#end();
    await fetch?.close();
  }

  /** Starts with the next dataset that is wanted and not here. */
  #next(): void {
    if (this.#closed || this.#fetch !== null) return;
    const here = new Set(this.has());
    const order = this.#wanted.find(
      ({ content, tree }) => !here.has(content) && !this.#ended.has(tree),
    );
    if (order === undefined) return;
    const refusal = this.#parts.store.refusal?.(order) ?? null;
    if (refusal !== null || this.has().includes(order.content)) {
      if (refusal === null) void this.#reportHad(order);
      else this.#refuse(order, refusal);
      this.#next();
      return;
    }
    const fetch = new TreeFetch(order, {
      timer: this.#parts.timer,
      incoming: this.#parts.store.incoming,
      makeRoom: (bytes) => this.#makeRoom(bytes),
      finish: (of) => this.#parts.store.finish(of),
      random: this.#parts.random ?? Math.random,
      changed: (state) => this.#changed(fetch, state),
    });
    this.#fetch = fetch;
    if (this.#host !== null) fetch.addSource(HOST, this.#host.name, this.#host.source, true);
    this.#addPeers(fetch);
    void fetch.start();
  }

  #refuse(order: FetchOrder, error: string): void {
    const state = { state: 'failed', bytes: 0, of: 0, sources: [], lacks: [], error } as const;
    this.#ended.set(order.tree, state);
    this.#report(order, state);
    this.#tryAgain(order);
  }

  #tryAgain({ tree }: FetchOrder): void {
    const ended = this.#ended.get(tree);
    this.#parts.timer.after(FAILED_MS, () => {
      if (ended === undefined || this.#ended.get(tree) !== ended) return;
      this.#ended.delete(tree);
      this.#next();
    });
  }

  #end(): void {
    const fetch = this.#fetch;
    this.#fetch = null;
    this.#stopTimer();
    void fetch?.close();
    for (const source of this.#connected.values()) source.close();
    this.#connected.clear();
  }

  #addPeers(fetch: TreeFetch): void {
    const now = this.#parts.timer.now();
    for (const { peer, until } of this.#sources.get(fetch.order.tree)?.values() ?? []) {
      if (until < now || this.#connected.has(peer.node)) continue;
      if (this.#connected.size >= MOST_PEERS) return;
      const source = this.#parts.connect(peer);
      this.#connected.set(peer.node, source);
      fetch.addSource(peer.node, peer.name, source, false);
    }
  }

  #changed(fetch: TreeFetch, state: FetchState): void {
    if (fetch !== this.#fetch) return;
    if (state.state === 'had' || state.state === 'failed') {
      this.#ended.set(fetch.order.tree, state);
      this.#end();
      this.#report(fetch.order, state);
      if (state.state === 'failed') this.#tryAgain(fetch.order);
      this.#next();
      return;
    }
    const now = this.#parts.timer.now();
    if (state.state !== this.#reported || now - this.#reportedAt >= REPORT_MS) {
      this.#stopTimer();
      this.#report(fetch.order, state);
    } else {
      this.#stopTimer();
      const left = REPORT_MS - (now - this.#reportedAt);
      this.#stopTimer = this.#parts.timer.after(left, () => this.#changed(fetch, fetch.state));
    }
  }

  #report({ tree, content }: FetchOrder, state: FetchState): void {
    this.#reportedAt = this.#parts.timer.now();
    this.#reported = state.state;
    this.#parts.report({
      type: 'data',
      tree,
      content,
      state: state.state,
      bytes: state.bytes,
      of: state.of,
      sources: [...state.sources],
      lacks: [...state.lacks],
      error: state.error,
    });
  }

  /** Reports a dataset that was here before; `of` is 0 where its chunks cannot be served. */
  async #reportHad(order: FetchOrder): Promise<void> {
    const manifest = (await this.#parts.store.reader(order.content))?.manifest;
    const of = manifest?.tree === order.tree ? manifest.total : 0;
    if (!this.#closed)
      this.#report(order, { state: 'had', bytes: of, of, sources: [], lacks: [], error: null });
  }

  async #makeRoom(needed: number): Promise<Space> {
    const { store } = this.#parts;
    const wanted = new Set(this.#wanted.map(({ content }) => content));
    const trees = new Set(this.#wanted.map(({ tree }) => tree));
    for (const tree of await store.incoming.names())
      if (!trees.has(tree)) await store.incoming.remove(tree);
    const { free, total } = await store.disk();
    const limits = { most: keptBytes(total), needed, free };
    for (const kept of toEvict(store.fetched(), wanted, limits))
      await this.#evict(kept, 'removed to make room: it was used longest ago');
    return { needed, free: (await store.disk()).free };
  }

  async #evict({ content, bytes }: Kept, why: string): Promise<void> {
    const { store } = this.#parts;
    const manifest = (await store.reader(content))?.manifest;
    await store.remove(content);
    this.#parts.report({
      type: 'data',
      tree: manifest?.tree ?? content,
      content,
      state: 'evicted',
      bytes: 0,
      of: bytes,
      sources: [],
      lacks: [],
      error: why,
    });
  }

  async #find(tree: string): Promise<ChunkReader | null> {
    if (this.#fetch?.order.tree === tree) return this.#fetch.reader;
    const { store } = this.#parts;
    for (const { content } of store.fetched()) {
      const reader = await store.reader(content);
      if (reader?.manifest.tree === tree) return reader;
    }
    return null;
  }
}
