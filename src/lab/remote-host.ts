/**
 * The host's side of its nodes: turns their messages into events of the scheduler and the
 * scheduler's instructions into messages, and starts and ends their workers. Keeps what only people
 * need to know of a node. Contains no sockets and decides nothing about trials.
 */
import type { NodeLinks, WorkerHost } from '../coordinator/coordinator.ts';
import type { NewEvent } from '../coordinator/worker-channels.ts';
import { parseSlot } from '../core/device.ts';
import type { NodeMessage } from '../core/scheduling/index.ts';
import type { WorkerExit } from '../node/workers/worker-processes.ts';
import { NODE_PROTOCOL, NO_LIMITS, REMOVALS_VERSION } from '../protocol/node-messages.ts';
import type {
  CourtesyReport,
  FromNode,
  KeepsReport,
  NodeExited,
  NodeHello,
  NodeLimits,
  NodePulse,
  NodeResult,
  NodeWelcome,
} from '../protocol/node-messages.ts';
import { nodeVersionGoodbye } from '../protocol/node-wire.ts';
import type { NodeInventory, NodeSample } from '../protocol/window/telemetry.ts';
import { chosenVersion } from '../protocol/worker-messages.ts';
import type { VersionRange } from '../protocol/worker-messages.ts';
import type { NodeChannels, NodeListener } from '../transport/transport.ts';
import { excludeDevices, ownerMode } from './owner-limits.ts';
import { NodeSamples } from './node-samples.ts';

/** Milliseconds for which a removed node's channels stay open, so that its goodbye arrives. */
const GOODBYE_MS = 200;

type NodeEvent = Extract<NewEvent, { type: `node${string}` | 'slotDrained' | 'slotOffered' }>;

/** Description of a node for people; the scheduler's state of it is in `LabState.nodes`. */
export interface RemoteNode {
  readonly id: string;
  /** As it last described itself. */
  readonly hello: NodeHello;
  /** As it last said; the owner's and the host's wishes together. */
  limits: NodeLimits;
  /** Limits that the host's user wishes. */
  wish: NodeLimits;
  /** Reason why its slots are held, and when its hours begin; null: not told yet. */
  courtesy: CourtesyReport | null;
  sample: NodeSample | null;
  inventory: NodeInventory | null;
  rttMs: number | null;
  /** Its clock compared with this host's, in milliseconds. */
  offsetMs: number | null;
  /** Reason why it was paused after invalid messages; null: it was not. */
  trouble: string | null;
}

interface Known extends RemoteNode {
  /** Slots on devices that its limits exclude. */
  readonly excluded: Set<string>;
  /** 0: its task channel is being opened. */
  link: number;
  /** Answer to `hello`; null: not sent yet. */
  welcome: NodeWelcome | null;
}

export interface RemoteHostParts {
  readonly channels: NodeChannels;
  /** Name of the lab, for people. */
  readonly lab: () => string;
  /** Identifies the lab file. */
  readonly labId: string;
  /** Returns which of the studies are not in the lab; null: that is not known now. */
  readonly unknown?: (studies: readonly string[]) => readonly string[] | null;
  /** Takes an event of the scheduler. */
  readonly take: (event: NodeEvent) => void;
  /** A worker process of a node has ended. */
  readonly exited: (exit: WorkerExit) => void;
  /** Datasets and code that a node fetches when it joins. @param version of its link */
  readonly fetch?: (node: string, version: number) => NodeWelcome['fetch'];
  /** A message about datasets, packages or keys, which other parts handle. */
  readonly received?: (node: string, message: OtherMessage) => void;
  /** A node was paused because of its messages. */
  readonly paused?: (node: string, reason: string) => void;
  /** Name of an admitted node; null: it is not admitted. */
  readonly nameOf?: (node: string) => string | null;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/** Messages of nodes that are handled by other parts of the host. */
export type OtherMessage = Extract<
  FromNode,
  { type: 'data' | 'packages' | 'rekey' | 'rekeyed' | 'node' }
>;

export class RemoteHost implements NodeListener, NodeLinks, WorkerHost {
  readonly #parts: RemoteHostParts;
  readonly #known = new Map<string, Known>();
  /** Wishes of nodes by id; they outlast a node's links. */
  readonly #wishes = new Map<string, NodeLimits>();
  /** Nodes of which nothing is accepted any more. */
  readonly #removed = new Set<string>();
  /** Versions of nodes that speak none of this host's. */
  readonly #versions = new Map<string, VersionRange>();
  readonly #listeners = new Set<(node: string) => void>();
  /** Utilisation of all nodes, in the order of arrival. */
  readonly samples = new NodeSamples();

  constructor(parts: RemoteHostParts) {
    this.#parts = parts;
    parts.channels.onMessage(this);
  }

  /** Nodes that have joined since the lab was opened. */
  get nodes(): ReadonlyMap<string, RemoteNode> {
    return this.#known;
  }

  /**
   * Versions that a node speaks, none of which this host speaks; null: they agree, or are unknown.
   */
  versionsOf(node: string): VersionRange | null {
    return this.#versions.get(node) ?? null;
  }

  /** Calls back after each change of what is known of a node. @returns a function that ends it */
  onChange(listener: (node: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sets the limits that the host's user wishes, and tells the node. */
  limit(node: string, wish: Partial<Pick<NodeLimits, 'devices' | 'hours' | 'whenIdle'>>): void {
    this.#wish(node, wish);
  }

  /** Forgets why a node was paused. */
  forgive(node: string): void {
    const known = this.#known.get(node);
    if (known !== undefined) known.trouble = null;
  }

  /** Accepts messages of a node again after it was removed and admitted anew. */
  admitted(node: string): void {
    this.#removed.delete(node);
  }

  message(node: string, message: FromNode | NodeResult): void {
    if (this.#removed.has(node)) return;
    if (message.type === 'node') {
      this.#hello(node, message);
      return;
    }
    const known = this.#known.get(node);
    if (known === undefined) return;
    switch (message.type) {
      case 'pulse':
        this.#pulse(known, message);
        break;
      case 'exited':
        this.#exited(known, message);
        break;
      case 'leaving':
        this.#parts.take({ type: 'nodeLeft', node, reason: message.reason });
        break;
      case 'limits':
        known.limits = message.limits;
        this.#tellMode(known);
        this.#excludeDevices(known);
        break;
      case 'courtesy':
        known.courtesy = message;
        this.#tellMode(known);
        break;
      case 'load':
        known.sample = { ...message.sample, node };
        this.samples.add(known.sample);
        break;
      case 'inventory':
        known.inventory = { ...message.inventory, node, thisMachine: false };
        break;
      case 'data':
        // Code that the node had can fail too, once a program that it needs is missing there.
        if (message.state === 'had' || message.state === 'evicted' || message.state === 'failed') {
          const has = message.state === 'had';
          this.#parts.take({ type: 'nodeHas', node, content: message.content, has });
        }
        this.#parts.received?.(node, message);
        break;
      case 'keeps':
        this.#answerKeeps(node, message);
        break;
      case 'packages':
      case 'rekey':
      case 'rekeyed':
        this.#parts.received?.(node, message);
        break;
      default:
        message satisfies never;
    }
    this.#changed(node);
  }

  /** The transport counts invalid messages. */
  malformed(): void {
    // Nothing to do before the limit is reached.
  }

  linkEnded(node: string, error: string, pause: boolean): void {
    const known = this.#known.get(node);
    if (known === undefined || !pause) return;
    known.trouble = `it sent invalid messages: ${error}`;
    this.#parts.take({ type: 'nodeMode', node, mode: 'paused', graceMs: 0, by: 'user' });
    this.#parts.paused?.(node, known.trouble);
    this.#changed(node);
  }

  otherVersion(node: string, versions: VersionRange): void {
    if (this.#removed.has(node)) return;
    this.#refuseVersion(node, this.#parts.nameOf?.(node) ?? node, versions);
  }

  spawn(slot: string, incarnation: string, afterMs: number): void {
    const { node } = parseSlot(slot);
    this.#parts.channels.send(node, { type: 'spawn', slot, incarnation, afterMs });
  }

  kill(slot: string, incarnation: string, afterMs: number): void {
    const { node } = parseSlot(slot);
    this.#parts.channels.send(node, { type: 'kill', slot, incarnation, afterMs });
  }

  send(node: string, message: NodeMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(node, message);
        return;
      case 'goodbye':
        this.#parts.channels.send(node, { type: 'goodbye', reason: message.reason });
        return;
      case 'mode':
        this.#wish(node, {
          paused: message.mode === 'paused',
          draining: message.mode === 'draining' ? { graceMs: message.graceMs } : null,
        });
        return;
      default:
        message satisfies never;
    }
  }

  /** Ignores the node at once, and closes its channels once its goodbye has had time to arrive. */
  cut(node: string): void {
    this.#removed.add(node);
    this.#known.delete(node);
    this.#versions.delete(node);
    this.#wishes.delete(node);
    setTimeout(() => {
      if (this.#removed.has(node)) this.#parts.channels.cut(node);
    }, GOODBYE_MS).unref();
    this.#changed(node);
  }

  /** Has every linked node delete its files of a study that was removed. */
  removed(study: string): void {
    for (const { id, welcome } of this.#known.values())
      if (welcome !== null && welcome.v >= REMOVALS_VERSION) this.#forget(id, [study]);
  }

  /** Says goodbye to every node: the lab is being closed. */
  dismiss(): void {
    for (const { id, link } of this.#known.values()) {
      if (link > 0) this.#parts.channels.send(id, { type: 'goodbye', reason: 'shutdown' });
    }
  }

  #hello(node: string, hello: NodeHello): void {
    const { channels } = this.#parts;
    if (this.#refuseVersion(node, hello.name, hello.v)) return;
    this.#versions.delete(node);
    const known = this.#known.get(node);
    if (known !== undefined) {
      if (hello.boot < known.hello.boot) {
        channels.send(node, { type: 'goodbye', reason: 'replaced' });
        return;
      }
      if (hello.boot === known.hello.boot && hello.no <= known.hello.no) {
        if (hello.no === known.hello.no && known.welcome !== null)
          channels.send(node, known.welcome);
        return;
      }
    }
    const slots = hello.slots.filter(({ slot }) => parseSlot(slot).node === node);
    const next: Known = {
      courtesy: null,
      sample: null,
      inventory: null,
      rttMs: null,
      offsetMs: null,
      trouble: null,
      ...known,
      id: node,
      hello: { ...hello, slots },
      excluded: new Set(),
      limits: hello.limits,
      wish: this.#wishes.get(node) ?? NO_LIMITS,
      link: 0,
      welcome: null,
    };
    this.#known.set(node, next);
    void this.#join(next);
  }

  /** Refuses a node whose versions do not overlap this host's. @returns whether it did */
  #refuseVersion(node: string, name: string, versions: VersionRange): boolean {
    const goodbye = nodeVersionGoodbye(name, versions);
    if (goodbye === null) return false;
    this.#parts.channels.send(node, goodbye);
    this.#versions.set(node, versions);
    this.#changed(node);
    return true;
  }

  /** Opens the node's next task channel, then reports that the node has joined. */
  async #join(known: Known): Promise<void> {
    const { id: node, hello } = known;
    const link = await this.#parts.channels.openLink(node);
    if (this.#known.get(node) !== known) return;
    known.link = link;
    const { boot, slots, has, arithmetic } = hello;
    this.#parts.take({ type: 'nodeJoined', node, boot, link, slots, has, arithmetic });
    this.#tellMode(known);
    this.#excludeDevices(known);
    this.#parts.received?.(node, hello);
    this.#changed(node);
  }

  #welcome(node: string, welcome: Extract<NodeMessage, { type: 'welcome' }>): void {
    const known = this.#known.get(node);
    if (known?.link !== welcome.link) return;
    const { epoch, link, pulseMs, silentMs, run } = welcome;
    const version = chosenVersion(known.hello.v, NODE_PROTOCOL) ?? NODE_PROTOCOL.low;
    known.welcome = {
      type: 'nodeWelcome',
      v: version,
      epoch,
      link,
      no: known.hello.no,
      lab: this.#parts.lab(),
      ...(version < REMOVALS_VERSION ? {} : { labId: this.#parts.labId }),
      pulseMs,
      silentMs,
      run: [...run],
      fetch: this.#parts.fetch?.(node, version) ?? [],
    };
    this.#parts.channels.send(node, known.welcome);
    this.#parts.channels.send(node, { type: 'limits', limits: known.wish });
  }

  /** Ignores a report on another lab, to which the node was linked before. */
  #answerKeeps(node: string, { labId, studies }: KeepsReport): void {
    if (labId !== this.#parts.labId) return;
    const unknown = this.#parts.unknown?.(studies) ?? [];
    if (unknown.length > 0) this.#forget(node, unknown);
  }

  #forget(node: string, studies: readonly string[]): void {
    const { channels, labId } = this.#parts;
    channels.send(node, { type: 'forget', labId, studies: [...studies] });
  }

  #pulse(known: Known, { n, silent, held, rttMs, offsetMs }: NodePulse): void {
    const { channels, take, wallClock = Date.now } = this.#parts;
    channels.send(known.id, { type: 'hostPulse', n, at: wallClock() });
    known.rttMs = rttMs;
    // The node measures the host's clock against its own.
    known.offsetMs = offsetMs === null ? null : -offsetMs;
    take({
      type: 'nodePulse',
      node: known.id,
      link: known.link,
      silent,
      held,
      ...(rttMs === null ? {} : { rttMs }),
    });
  }

  #exited(known: Known, message: NodeExited): void {
    const { slot, incarnation, code, signal, by, rssPeakBytes, overMemory, lastWords } = message;
    if (parseSlot(slot).node !== known.id) return;
    this.#parts.exited({
      slot,
      incarnation,
      code,
      signal,
      by,
      rssPeakBytes,
      overMemory,
      lastWords,
    });
    this.#parts.channels.send(known.id, { type: 'noted', slot, incarnation });
  }

  #wish(node: string, change: Partial<NodeLimits>): void {
    const wish = { ...(this.#wishes.get(node) ?? NO_LIMITS), ...change };
    this.#wishes.set(node, wish);
    const known = this.#known.get(node);
    if (known === undefined) return;
    known.wish = wish;
    if (known.welcome !== null) this.#parts.channels.send(node, { type: 'limits', limits: wish });
    this.#changed(node);
  }

  /** Reports the mode that the node's owner has set. */
  #tellMode({ id: node, limits, courtesy }: Known): void {
    this.#parts.take(ownerMode(node, limits, courtesy?.hoursFrom ?? null));
  }

  #excludeDevices({ hello: { slots }, limits: { devices }, excluded }: Known): void {
    for (const event of excludeDevices(slots, devices, excluded)) this.#parts.take(event);
  }

  #changed(node: string): void {
    for (const listener of this.#listeners) listener(node);
  }
}
