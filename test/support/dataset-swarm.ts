/**
 * A host and nodes that share datasets over links of equal speed, on a virtual clock: chunks take
 * their time, links are cut, bytes flipped, and nodes crash and come back.
 */
import { NODE_PROTOCOL } from '../../src/protocol/node-messages.ts';
import type { DataReport, ToNode } from '../../src/protocol/node-messages.ts';
import { HostDatasets, type WantedDataset } from '../../src/node/data/host-datasets.ts';
import type { ChunkReader } from '../../src/node/data/incoming.ts';
import { NodeDatasets } from '../../src/node/data/node-datasets.ts';
import {
  FrameSource,
  framesOf,
  readRequest,
  type DataFrames,
  type ServeData,
} from '../../src/transport/nodes/data-channel.ts';
import { ManualTimer } from './manual-timer.ts';
import { MemoryStore, memoryTree } from './memory-datasets.ts';

/** Milliseconds that one chunk takes over a link. */
export const CHUNK_MS = 80;
const LATENCY_MS = 1;
const STEP_MS = 5;
export const CONTENT = 'c0'.repeat(32);

/** A link in both directions: the times until which it is busy. */
interface Wire {
  up: number;
  down: number;
  cut: boolean;
}

export class SwarmNode {
  readonly id: string;
  readonly store = new MemoryStore();
  readonly reports: DataReport[] = [];
  datasets!: NodeDatasets;
  channel!: FrameSource;
  /** Public key. */
  key: string;
  /** Keys of readers that may connect. */
  readonly admitted = new Map<string, string>();
  /** Number of its starts; what an earlier one sent or asked for is dropped. */
  life = 0;
  runs = false;

  constructor(id: string) {
    this.id = id;
    this.key = id;
  }

  get last(): DataReport | undefined {
    return this.reports.at(-1);
  }
}

export class Swarm {
  readonly timer = new ManualTimer();
  readonly tree: ReturnType<typeof memoryTree>;
  readonly nodes: SwarmNode[] = [];
  readonly host: HostDatasets;
  /** Chunks sent by each machine. */
  readonly sent = new Map<string, number>();
  /** Machines that flip a byte of every chunk that `flips` selects. */
  readonly flips = new Map<string, (index: number) => boolean>();
  readonly #wires = new Map<string, Wire>();
  readonly #random: () => number;
  #step = 0;

  /** @param random uniform in [0, 1) */
  constructor(nodes: number, chunks: number, random: () => number) {
    this.tree = memoryTree(chunks, 1);
    this.#random = random;
    this.#wires.set('host', { up: 0, down: 0, cut: false });
    this.host = new HostDatasets({
      timer: this.timer,
      open: ({ content }: WantedDataset): Promise<ChunkReader | null> =>
        Promise.resolve(content === CONTENT ? this.tree : null),
      send: (id, message) => this.#toNode(id, message),
      failed: () => undefined,
    });
    for (let i = 1; i <= nodes; i++) {
      const node = new SwarmNode(`n${i}`);
      this.nodes.push(node);
      this.#wires.set(node.id, { up: 0, down: 0, cut: false });
      this.start(node);
    }
  }

  /** Starts a node that does not run, and joins it to the lab. */
  start(node: SwarmNode): void {
    if (node.runs) return;
    node.runs = true;
    node.life += 1;
    const { id, life } = node;
    node.datasets = new NodeDatasets({
      store: node.store,
      timer: this.timer,
      random: this.#random,
      report: (report) => {
        if (node.life !== life || this.#cut(id)) return;
        node.reports.push(report);
        this.host.report(id, report);
      },
      connect: (peer) => this.#channel(node, peer.node, peer.key),
      admit: (peer) => void node.admitted.set(peer.node, peer.key),
    });
    node.channel = this.#channel(node, 'host', null);
    node.datasets.hostChannel('DESK', node.channel);
    this.join(node);
  }

  /** A link of host and node begins, perhaps after a cut. */
  join(node: SwarmNode): void {
    if (!node.runs) return;
    const { id, key } = node;
    const serves = { port: 47_800, addresses: [id] };
    this.host.joined({
      id,
      key,
      name: id.toUpperCase(),
      has: [...node.datasets.has()],
      serves,
      version: NODE_PROTOCOL.high,
    });
    node.channel.connected();
    node.datasets.want(this.host.orders(NODE_PROTOCOL.high));
  }

  /** A node takes another key into use, which its host has stored. */
  rotate(node: SwarmNode, key: string): void {
    node.key = key;
    this.host.rekeyed(node.id, key);
    node.datasets.reconnect();
  }

  /** The process ends without a word. */
  crash(node: SwarmNode): void {
    if (!node.runs) return;
    node.runs = false;
    node.life += 1;
    const { datasets } = node;
    // Its timers must not run on; what it writes from now on is lost with it.
    const saved = new Map([...node.store.collected].map(([tree, of]) => [tree, of.saved]));
    void datasets.close().then(() => {
      for (const [tree, bytes] of saved) {
        const collected = node.store.collected.get(tree);
        if (collected !== undefined) collected.saved = bytes;
      }
    });
    this.host.left(node.id);
  }

  cut(id: string, cut: boolean): void {
    const wire = this.#wires.get(id);
    if (wire !== undefined) wire.cut = cut;
  }

  async want(): Promise<void> {
    await this.host.want([{ content: CONTENT, name: 'digits' }]);
    await this.run(10);
  }

  /** Advances the virtual time. */
  async run(ms: number): Promise<void> {
    for (const until = this.#step + ms; this.#step < until; this.#step += STEP_MS) {
      this.timer.advance(STEP_MS);
      // Everything here resolves without I/O, so one turn of the event loop lets it settle.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Advances until a condition holds. @returns virtual ms @throws Error if it never does */
  async until(holds: () => boolean, mostMs = 600_000): Promise<number> {
    const from = this.#step;
    while (!holds()) {
      if (this.#step - from > mostMs) throw new Error(`not within ${mostMs} ms of virtual time`);
      await this.run(STEP_MS);
    }
    return this.#step - from;
  }

  everyNodeHas(): boolean {
    return this.nodes.every(({ store }) => store.stored.has(CONTENT));
  }

  #cut(id: string): boolean {
    return this.#wires.get(id)?.cut === true;
  }

  #toNode(id: string, message: ToNode): void {
    const node = this.nodes.find((each) => each.id === id);
    if (node === undefined) return;
    this.#carry('host', id, 0, () => {
      if (message.type === 'fetch') node.datasets.want(message.fetch);
      if (message.type === 'introduce') node.datasets.introduce(message);
    });
  }

  /**
   * A data channel of a node to the host or to another node.
   * @param expected key of the other node
   */
  #channel(reader: SwarmNode, to: string, expected: string | null): FrameSource {
    const { life, key } = reader;
    const opens = (): boolean => {
      const peer = this.nodes.find(({ id }) => id === to);
      return peer === undefined || (peer.key === expected && peer.admitted.get(reader.id) === key);
    };
    const source: FrameSource = new FrameSource((frames) => {
      this.#carry(reader.id, to, frames[1].length, () => {
        if (opens()) void this.#serve(reader, to, frames, back);
      });
      return Promise.resolve();
    });
    const back = (frames: DataFrames): void => {
      if (reader.life === life) source.receive(asBuffers(frames));
    };
    return source;
  }

  async #serve(
    reader: SwarmNode,
    to: string,
    frames: DataFrames,
    back: (frames: DataFrames) => void,
  ): Promise<void> {
    const peer = this.nodes.find(({ id }) => id === to);
    const serve: ServeData = peer?.datasets.serve ?? this.host.serve;
    const answer = await serve(reader.id, readRequest(asBuffers(frames)));
    if (answer.head.type === 'chunk') {
      this.sent.set(to, (this.sent.get(to) ?? 0) + 1);
      if (this.flips.get(to)?.(answer.head.index) === true)
        answer.body[3] = (answer.body[3] ?? 0) ^ 4;
    }
    // Bitmaps are as long as chunks here, but far shorter in a real dataset.
    const ms = answer.head.type === 'chunk' ? CHUNK_MS : 0;
    this.#carry(to, reader.id, ms, () => back(framesOf(answer)));
  }

  /** Delivers after a link of `ms` milliseconds; drops what a cut link would have carried. */
  #carry(from: string, to: string, ms: number, deliver: () => void): void {
    const [out, into] = [this.#wires.get(from), this.#wires.get(to)];
    if (out === undefined || into === undefined) return;
    // Short messages pass long ones, which are on other connections or in small packets.
    const now = this.timer.now();
    if (ms > 0) {
      out.up = Math.max(out.up, now) + ms;
      into.down = Math.max(into.down + ms, out.up);
    }
    const delay = LATENCY_MS + (ms > 0 ? into.down - now : 0);
    this.timer.after(delay, () => {
      if (!out.cut && !into.cut) deliver();
    });
  }
}

function asBuffers([line, body]: DataFrames): Buffer[] {
  return [Buffer.from(line), Buffer.from(body)];
}
