/**
 * Nodes in virtual time: they join, send pulses and pass on what their workers and the coordinator
 * send, while their link is up. Links are cut, nodes are killed and slots are held by chance. A
 * mended link is a new connection: what was on the old one is lost.
 */
import { composeSlot, parseSlot } from '../device.ts';
import type { Event, Instruction } from '../scheduling/index.ts';
import { exponential } from './chance.ts';
import type { NodeFaults, SimulatedNode } from './options.ts';
import type { SimulatedProcesses } from './simulated-processes.ts';
import type { WorkerMessage } from './simulated-worker.ts';
import type { Channel, World } from './world.ts';

type Untimed<E> = E extends unknown ? Omit<E, 'at' | 'because'> : never;
type Exited = Untimed<Extract<Event, { type: 'exited' }>>;
type Said = WorkerMessage | Exited;
type Do<Kind extends Instruction['do']> = Extract<Instruction, { do: Kind }>;

/** Time without an answer after which a node joins again. */
const JOIN_AGAIN_MS = 2_000;
/** Time until a killed node's process runs again. */
const RESTART_MS = 5_000;

interface State {
  readonly about: SimulatedNode;
  readonly slots: readonly string[];
  linkUp: boolean;
  alive: boolean;
  boot: number;
  link: number;
  /** True if the coordinator has answered its last join. */
  welcomed: boolean;
  readonly held: Set<string>;
  /** Exits that are repeated until they can be sent. */
  exits: Exited[];
  readonly up: Channel;
}

export interface NodesParts {
  readonly world: World;
  readonly nodes: readonly SimulatedNode[];
  readonly faults: NodeFaults;
  readonly pulseMs: number;
  /** Sends to the coordinator. */
  readonly send: (said: Said | Untimed<Extract<Event, { type: `node${string}` }>>) => void;
  readonly processes: () => SimulatedProcesses;
}

export class SimulatedNodes {
  readonly #parts: NodesParts;
  readonly #nodes = new Map<string, State>();
  /** Number of faults so far. */
  faults = 0;

  constructor(parts: NodesParts) {
    this.#parts = parts;
    for (const about of parts.nodes) {
      const slots = Array.from({ length: about.workers }, (_, i) =>
        composeSlot({ node: about.id, device: 'cpu', place: String(i) }),
      );
      const fresh = { linkUp: true, alive: true, boot: 1, link: 0, welcomed: false };
      const up = { lastArrival: 0 };
      this.#nodes.set(about.id, { about, slots, ...fresh, held: new Set(), exits: [], up });
    }
    for (const node of this.#nodes.values()) {
      this.#pulse(node);
      this.#schedule(node, parts.faults.cutsEveryMs, () => this.#cut(node));
      this.#schedule(node, parts.faults.killsEveryMs, () => this.#kill(node));
      this.#schedule(node, parts.faults.holdsEveryMs, () => this.#hold(node));
    }
  }

  /** The coordinator has started: every node joins. */
  joinAll(): void {
    for (const node of this.#nodes.values()) {
      node.welcomed = false;
      node.link = 0;
      this.#join(node);
    }
  }

  has(slot: string): boolean {
    return this.#nodes.has(parseSlot(slot).node);
  }

  /** Returns whether messages pass between the coordinator and the slot's workers. */
  reaches(slot: string): boolean {
    const node = this.#nodes.get(parseSlot(slot).node);
    return node === undefined || (node.linkUp && node.alive && node.welcomed);
  }

  /** Passes a worker's message on; it is lost while the link is down, except an exit. */
  pass(said: Said): void {
    const node = this.#nodes.get(parseSlot(said.slot).node);
    if (node === undefined || this.reaches(said.slot)) this.#parts.send(said);
    else if (said.type === 'exited') node.exits.push(said);
  }

  /** Carries out the coordinator's message to a node. */
  hear({ node: id, message }: Do<'sendNode'>): void {
    const node = this.#nodes.get(id);
    if (node === undefined || !node.linkUp || !node.alive || message.type !== 'welcome') return;
    this.#parts.world.carry(node.up, () => {
      if (message.link !== node.link || !node.alive || !node.linkUp) return;
      node.welcomed = true;
      const processes = this.#parts.processes();
      for (const slot of node.slots) {
        const run = message.run.find((worker) => worker.slot === slot);
        const running = processes.newest(slot);
        if (running !== null && running.worker.incarnation !== run?.incarnation)
          processes.kill(slot, running.worker.incarnation, 'us');
        if (run !== undefined && running?.worker.incarnation !== run.incarnation)
          processes.start(slot, run.incarnation);
      }
      const { exits } = node;
      node.exits = [];
      for (const exit of exits) this.pass(exit);
    });
  }

  #join(node: State): void {
    if (!node.linkUp || !node.alive || node.welcomed) return;
    const { world, send } = this.#parts;
    node.link += 1;
    const { boot, link, about } = node;
    const slots = node.slots.map((slot) => {
      const running = this.#parts.processes().newest(slot)?.worker;
      return {
        slot,
        model: about.model ?? 'simulated',
        lanes: 1,
        memoryBytes: 2 ** 33,
        running: running?.incarnation ?? null,
        session: running?.session ?? null,
        taskSeq: running?.taskSeq ?? 0,
      };
    });
    const joined = { type: 'nodeJoined', node: about.id, boot, link, slots, has: [] } as const;
    world.carry(node.up, () => {
      if (node.link === link && node.linkUp) send(joined);
    });
    world.in(JOIN_AGAIN_MS, () => {
      if (node.link === link && node.boot === boot) this.#join(node);
    });
  }

  #pulse(node: State): void {
    const { world, pulseMs, send, processes } = this.#parts;
    if (node.welcomed && node.linkUp && node.alive) {
      const silent = node.slots.filter((slot) => !node.held.has(slot) && processes().isStill(slot));
      const { link, about } = node;
      const said = {
        type: 'nodePulse' as const,
        node: about.id,
        link,
        silent,
        held: [...node.held],
        ...(about.rttMs === undefined ? {} : { rttMs: about.rttMs }),
      };
      world.carry(node.up, () => {
        if (node.linkUp && node.link === link) send(said);
      });
    }
    world.in(pulseMs, () => this.#pulse(node));
  }

  /** Lets a fault occur again and again. */
  #schedule(node: State, everyMs: number | undefined, fault: () => void): void {
    if (everyMs === undefined) return;
    const { world } = this.#parts;
    world.in(exponential(everyMs, world.uniform()), () => {
      if (node.alive) {
        this.faults += 1;
        fault();
      }
      this.#schedule(node, everyMs, fault);
    });
  }

  #cut(node: State): void {
    if (!node.linkUp) return;
    const { world, faults } = this.#parts;
    const [least, most] = faults.cutMs ?? [1_000, 150_000];
    node.linkUp = false;
    node.welcomed = false;
    world.in(least + (most - least) * world.uniform(), () => {
      node.linkUp = true;
      this.#join(node);
    });
  }

  /** The node's process ends with its workers; their exits are not reported. */
  #kill(node: State): void {
    const { world, processes } = this.#parts;
    node.alive = false;
    node.welcomed = false;
    node.held.clear();
    node.exits = [];
    for (const slot of node.slots) processes().stopAll(slot);
    world.in(RESTART_MS, () => {
      node.alive = true;
      node.boot += 1;
      this.#join(node);
    });
  }

  /** The machine is in use for a while. */
  #hold(node: State): void {
    const { world, faults, processes } = this.#parts;
    if (node.held.size > 0) return;
    const ms = (faults.holdMs ?? 60_000) * 2 * world.uniform();
    for (const slot of node.slots) {
      node.held.add(slot);
      processes().hold(slot, world.now + ms);
    }
    world.in(ms, () => node.held.clear());
  }
}
