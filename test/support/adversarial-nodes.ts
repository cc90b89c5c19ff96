/**
 * Nodes of an adversarial world: their links, boots, modes and held slots as plain values, and the
 * relay between the coordinator and the workers of a node. Messages of a node's workers arrive
 * while its link is up and its last join was answered; a new connection loses what was on the old
 * one.
 */
import type { Event, Instruction } from '../../src/core/scheduling/index.ts';
import { parseSlot } from '../../src/core/device.ts';
import type { AdversarialWorld, Process, Side } from './adversarial-world.ts';

export interface NodeMachine {
  readonly node: string;
  linkUp: boolean;
  boot: number;
  /** Number of the newest link. */
  link: number;
  /** True if the node has to join before its other messages count. */
  joins: boolean;
  /** True if it never returns. */
  gone: boolean;
  /** True if it is taken off the list of nodes, so that nothing of it is read any more. */
  unlisted: boolean;
  /** True if its connections are cut. */
  removed: boolean;
  readonly held: Set<string>;
}

/** Number of times that each fault of nodes may still occur. */
export interface NodeFaults {
  linkCut: number;
  /** Connections that break and are made anew at once. */
  relink: number;
  nodeKill: number;
  nodeGone: number;
  nodeRemove: number;
  nodeDrain: number;
  nodePause: number;
  /** Nodes that are not heard of although they send. */
  falseAway: number;
  /** Slots that are held for their owner. */
  hold: number;
}

type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
type NodeMessage = Extract<Instruction, { do: 'sendNode' }>;

export class Machines {
  readonly #world: AdversarialWorld;
  readonly all: readonly NodeMachine[];

  constructor(world: AdversarialWorld, nodes: readonly string[]) {
    this.#world = world;
    this.all = [...new Set(nodes)].map((node) => ({
      node,
      linkUp: true,
      boot: 1,
      link: 0,
      joins: true,
      gone: false,
      unlisted: false,
      removed: false,
      held: new Set<string>(),
    }));
  }

  of(slot: string): NodeMachine | null {
    const { node } = parseSlot(slot);
    return this.all.find((machine) => machine.node === node) ?? null;
  }

  /** Returns whether messages of the slot's workers reach the coordinator. */
  reaches(slot: string): boolean {
    const machine = this.of(slot);
    return machine === null || (machine.linkUp && !machine.joins && !machine.unlisted);
  }

  /** Returns whether a process can run in the slot. */
  lives(slot: string): boolean {
    const machine = this.of(slot);
    return machine === null || (!machine.gone && !machine.unlisted);
  }

  join(machine: NodeMachine): void {
    machine.link += 1;
    const slots = this.#sides(machine).map(({ slot, processes }) => {
      const worker = processes.at(-1)?.worker;
      return {
        slot,
        model: machine.node,
        lanes: 1,
        memoryBytes: 1,
        running: worker?.incarnation ?? null,
        session: worker?.session ?? null,
        taskSeq: worker?.taskSeq ?? 0,
      };
    });
    const { node, boot, link } = machine;
    this.#world.take({ type: 'nodeJoined', node, boot, link, slots, has: [] });
  }

  /** Carries out a message of the coordinator to a node. */
  hear({ node, message }: NodeMessage): void {
    const machine = this.all.find((each) => each.node === node);
    if (machine === undefined || !machine.linkUp || message.type !== 'welcome') return;
    if (message.link !== machine.link) return;
    machine.joins = false;
    for (const side of this.#sides(machine)) {
      const run = message.run.filter(({ slot }) => slot === side.slot);
      for (const process of [...side.processes])
        if (!run.some(({ incarnation }) => incarnation === process.worker.incarnation))
          this.#world.kill(side, process, false, 'us');
      for (const { incarnation } of run) this.want(side, incarnation);
    }
  }

  /** A worker process is to be started, once. */
  want(side: Side, incarnation: string): void {
    const known =
      side.wanted.includes(incarnation) ||
      side.processes.some(({ worker }) => worker.incarnation === incarnation);
    if (!known) side.wanted.push(incarnation);
  }

  cut(node: string): void {
    const machine = this.all.find((each) => each.node === node);
    if (machine === undefined) return;
    machine.removed = true;
    this.#end(machine);
  }

  /** @param lossy whether the connection broke: what was on it is lost, and the node joins anew */
  mend(machine: NodeMachine, lossy: boolean): void {
    machine.linkUp = true;
    if (lossy) this.breakLink(machine, false);
  }

  /** @param loseSent whether messages of the workers that were under way are lost as well */
  breakLink(machine: NodeMachine, loseSent: boolean): void {
    const world = this.#world;
    machine.joins = true;
    for (const { processes } of this.#sides(machine))
      for (const process of processes) process.tasks.length = process.control.length = 0;
    if (!loseSent) return;
    const stays = ({ slot }: { slot: string }): boolean => this.of(slot) !== machine;
    world.results = world.results.filter(stays);
    world.upward = world.upward.filter(stays);
  }

  /** The node's process ends with all its workers; another starts unless it is gone. */
  kill(machine: NodeMachine, gone: boolean): void {
    this.#end(machine);
    this.breakLink(machine, true);
    machine.boot += 1;
    machine.gone = gone;
    machine.held.clear();
  }

  /** @param unheard a process that the node does not hear of */
  pulse(machine: NodeMachine, unheard: Process | null): void {
    if (!machine.linkUp || machine.joins || machine.gone || machine.unlisted) return;
    const silent = this.#sides(machine)
      .filter(({ processes }) => {
        const silent = (process: Process): boolean => process.stopped || process === unheard;
        return processes.length > 0 && processes.every(silent);
      })
      .map(({ slot }) => slot);
    this.#world.take({
      type: 'nodePulse',
      node: machine.node,
      link: machine.link,
      silent,
      held: [...machine.held],
    } satisfies Untimed<Event>);
  }

  /** A coordinator starts: every node joins it. */
  restart(): void {
    for (const machine of this.all) {
      machine.joins = true;
      machine.link = 0;
    }
  }

  #end(machine: NodeMachine): void {
    const world = this.#world;
    for (const side of this.#sides(machine)) {
      side.processes = [];
      side.wanted.length = 0;
      side.condemned.length = 0;
    }
    world.exits = world.exits.filter(({ slot }) => this.of(slot) !== machine);
  }

  #sides(machine: NodeMachine): Side[] {
    return this.#world.sides.filter(({ slot }) => this.of(slot) === machine);
  }
}
