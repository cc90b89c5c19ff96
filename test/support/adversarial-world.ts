/**
 * A simulated environment that exposes the scheduler to faults: the coordinator's shell, the
 * channels and the processes of two slots as plain values, and the single actions on them.
 * `adversarial-actions.ts` lists the actions that are possible at a moment, `adversarial-checks.ts`
 * the invariants after each. Tasks, acknowledgements and displayed results are checked against what
 * is durable when they are sent.
 */
import { deviceKind, parseSlot } from '../../src/core/device.ts';
import { STOPPED_BY_USER } from '../../src/core/study/stopped.ts';
import * as scheduling from '../../src/core/scheduling/index.ts';
import type {
  AttemptId,
  Event,
  Instruction,
  LabOptions,
  LabState,
  Write,
} from '../../src/core/scheduling/index.ts';
import { LabRecord } from '../../src/core/simulation/lab-record.ts';
import { SimulatedWorker } from '../../src/core/simulation/simulated-worker.ts';
import type {
  Beat,
  Hello,
  Reaction,
  Result,
  Task,
  ControlMessage,
} from '../../src/core/simulation/simulated-worker.ts';
import { Machines } from './adversarial-nodes.ts';
import type { NodeMachine, NodeFaults } from './adversarial-nodes.ts';
import { createModelSampler, HALVING, modelOfTwo, modelSpec, PROMOTION } from './model-study.ts';
import type { ModelSampler } from './model-study.ts';

export const STUDY = 'model';

/** The scheduler, or a mutant that breaks a rule. */
export type Machine = Pick<
  typeof scheduling,
  'createLab' | 'step' | 'answerAsk' | 'passesBeforeCommit'
>;

/** Number of times that each fault may still occur. */
export interface Faults extends NodeFaults {
  coordinatorKill: number;
  workerKill: number;
  workerStop: number;
  drop: number;
  duplicate: number;
  pause: number;
  falseExpiry: number;
  stop: number;
  helloAgain: number;
  crash: number;
  /** Attempts that their worker prunes. */
  prune: number;
  /** Reports in transit, which are never repeated. */
  report: number;
  cancel: number;
  /** Edits of the search. */
  edit: number;
  /** Renames and notes. */
  describe: number;
  /** Deletions, each of which the user undoes. */
  delete: number;
}

/** Rules of the shell and the worker that are broken on purpose. */
export type Breach =
  | 'output before the commit'
  | 'ack before the commit'
  | 'results said once'
  | 'welcome drops nothing';

export interface WorldOptions {
  readonly sampler: ModelSampler;
  readonly trials: number;
  readonly target?: number | null;
  /** Workers are child processes of the coordinator and end with it. */
  readonly local?: boolean;
  readonly lanes?: number;
  /**
   * Node of each worker. The first node is never gone, removed or drained, and its workers are
   * slow. Absent: two workers elsewhere, without links.
   */
  readonly nodes?: readonly string[];
  /** The second slot is a GPU with two lanes, four times as fast as the first. */
  readonly card?: boolean;
  /** A pruner judges reports: successive halving, which stops often. */
  readonly verdicts?: boolean;
  /** Trials pause at rungs, from which the better half is promoted. */
  readonly promotes?: boolean;
  /** Trials are compared by two objectives, one of which has a bound. */
  readonly front?: boolean;
  readonly faults: Partial<Faults>;
  readonly breach?: Breach;
  readonly machine?: Machine;
  readonly scheduler?: Partial<LabOptions>;
}

export interface Process {
  readonly worker: SimulatedWorker;
  stopped: boolean;
  readonly tasks: Task[];
  readonly control: ControlMessage[];
}

export interface Side {
  readonly slot: string;
  /** Processes of the slot, the newest last; an older one may be stopped. */
  processes: Process[];
  spawns: number;
  /** Processes that the coordinator has asked to start or to kill. */
  readonly wanted: string[];
  readonly condemned: string[];
}

export type Upward = Hello | Beat;
type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;

export class Violation extends Error {}

const NO_FAULTS: Faults = {
  linkCut: 0,
  relink: 0,
  nodeKill: 0,
  nodeGone: 0,
  nodeRemove: 0,
  nodeDrain: 0,
  nodePause: 0,
  falseAway: 0,
  hold: 0,
  coordinatorKill: 0,
  workerKill: 0,
  workerStop: 0,
  drop: 0,
  duplicate: 0,
  pause: 0,
  falseExpiry: 0,
  stop: 0,
  helloAgain: 0,
  crash: 0,
  prune: 0,
  report: 0,
  cancel: 0,
  edit: 0,
  describe: 0,
  delete: 0,
};

export class AdversarialWorld {
  readonly options: WorldOptions;
  readonly machine: Machine;
  readonly faults: Faults;
  readonly record = new LabRecord();
  readonly sides: readonly Side[];
  readonly machines: Machines;
  lab: LabState | null = null;
  now = 0;
  wakeAt: number | null = null;
  writes: Write[] = [];
  outbox: { gated: boolean; readonly instruction: Instruction }[] = [];
  asks: {
    readonly ask: Extract<Instruction, { do: 'askSampler' }>;
    /** The answer as it was computed at once. */
    readonly computed: Event;
  }[] = [];
  results: Result[] = [];
  upward: Upward[] = [];
  exits: Omit<Extract<Event, { type: 'exited' }>, 'at'>[] = [];
  /** Values that a user has ever seen, by trial number. */
  readonly shown = new Map<number, number>();

  constructor(options: WorldOptions) {
    this.options = options;
    this.machine = options.machine ?? scheduling;
    this.faults = { ...NO_FAULTS, ...options.faults };
    const node = options.local === true ? 'local' : 'far';
    const { nodes } = options;
    this.machines = new Machines(this, nodes ?? []);
    const slots = nodes?.map((each, i) => `${each}/cpu/${i}`) ?? [
      `${node}/cpu/0`,
      `${node}/${options.card === true ? 'gpu/0/0' : 'cpu/1'}`,
    ];
    this.sides = slots.map((slot) => ({
      slot,
      processes: [],
      spawns: 0,
      wanted: [],
      condemned: [],
    }));
  }

  /** True after the user paused or stopped the study, if it can be resumed. */
  get interrupted(): boolean {
    const { lab, study } = this;
    if (lab === null || study === null || study.state === 'running') return false;
    const byUser =
      study.state === 'pausing' || study.state === 'paused' || study.reason === STOPPED_BY_USER;
    return byUser && scheduling.canResume(lab, study);
  }

  get study() {
    return this.lab?.studies.get(STUDY) ?? null;
  }

  /** A coordinator that starts from the content of the lab file. */
  boot(): void {
    const { sampler, scheduler, local, trials, front, target = null } = this.options;
    const { verdicts, promotes } = this.options;
    const pruning = verdicts === true ? HALVING : promotes === true ? PROMOTION : null;
    const plain = front === true ? modelOfTwo : modelSpec;
    this.lab = this.machine.createLab({
      strict: true,
      samplerFor: ({ edits = [] }) => createModelSampler(sampler, edits.length),
      ...scheduler,
    });
    this.take({ type: 'opened', ...this.record.open() });
    this.machines.restart();
    if (local === true) for (const { slot } of this.sides) this.take({ type: 'slotOffered', slot });
    if (this.study === null)
      this.take({
        type: 'studyCreated',
        uid: STUDY,
        spec: pruning === null ? plain : { ...plain, pruning },
        limits: { trials, activeMs: null, target },
      });
  }

  /** @param loseSent true: messages in transit are lost with it */
  killCoordinator(loseSent: boolean): void {
    this.lab = null;
    this.wakeAt = null;
    this.writes = [];
    this.outbox = [];
    this.asks = [];
    this.exits = [];
    for (const side of this.sides) {
      side.wanted.length = 0;
      side.condemned.length = 0;
      if (this.options.local === true) side.processes = [];
      if (loseSent)
        for (const process of side.processes) process.tasks.length = process.control.length = 0;
    }
    if (loseSent || this.options.local === true) this.results = this.upward = [];
    if (loseSent || this.options.local === true) this.upward = [];
  }

  take(event: Untimed<Event>): void {
    if (this.lab === null) return;
    const instructions = this.machine.step(this.lab, { ...event, at: this.now });
    for (const instruction of instructions) this.#order(instruction);
  }

  #order(instruction: Instruction): void {
    const { breach } = this.options;
    if (instruction.do === 'persist') this.writes.push(...instruction.writes);
    else if (instruction.do === 'askSampler') {
      if (this.lab === null) return;
      const computed = this.machine.answerAsk(this.lab, instruction, this.now);
      this.asks.push({ ask: instruction, computed });
    } else if (instruction.do === 'wakeAt') this.wakeAt = instruction.at;
    else if (this.machine.passesBeforeCommit(instruction)) this.#carryOut(instruction);
    else if (
      breach === 'output before the commit' ||
      (breach === 'ack before the commit' && instruction.do === 'sendAck')
    )
      this.#carryOut(instruction);
    else this.outbox.push({ gated: this.writes.length > 0, instruction });
  }

  commit(): void {
    this.record.commit(this.writes);
    this.writes = [];
    for (const held of this.outbox) held.gated = false;
  }

  release(): void {
    const first = this.outbox.shift();
    if (first !== undefined) this.#carryOut(first.instruction);
  }

  /** Answers the oldest ask as it was computed at once, or computes the answer only now. */
  answer(isComputed: boolean): void {
    const asked = this.asks.shift();
    if (asked === undefined || this.lab === null) return;
    if (isComputed) this.take(asked.computed);
    else this.take(this.machine.answerAsk(this.lab, asked.ask, this.now));
  }

  isCard(slot: string): boolean {
    return deviceKind(parseSlot(slot).device) === 'gpu';
  }

  /** Milliseconds that an attempt takes by its worker's clock. */
  durationOf(slot: string): number {
    const { nodes } = this.options;
    if (nodes !== undefined) return parseSlot(slot).node === nodes[0] ? 8_000 : 1_000;
    if (this.options.card !== true) return 1;
    return this.isCard(slot) ? 500 : 2_000;
  }

  start(side: Side, incarnation: string): void {
    const worker = new SimulatedWorker(side.slot, incarnation, {
      device: 'model',
      lanes: this.isCard(side.slot) ? 2 : (this.options.lanes ?? 1),
      memoryBytes: 1,
    });
    side.spawns += 1;
    side.processes.push({ worker, stopped: false, tasks: [], control: [] });
  }

  /** @param loseSent true: messages that it sent are lost with it */
  kill(side: Side, process: Process, loseSent: boolean, by: 'us' | 'itself' = 'itself'): void {
    const { slot, incarnation } = process.worker;
    side.processes = side.processes.filter((other) => other !== process);
    const from = (said: { slot: string; incarnation: string }): boolean =>
      said.slot === slot && said.incarnation === incarnation;
    if (loseSent) {
      this.results = this.results.filter((said) => !from(said));
      this.upward = this.upward.filter((said) => !from(said));
    }
    const here = this.options.local === true || this.options.nodes !== undefined;
    if (!here || this.lab === null) return;
    this.exits.push({
      type: 'exited',
      slot,
      incarnation,
      code: null,
      signal: 'SIGKILL',
      by,
      rssPeakBytes: null,
      overMemory: false,
    });
  }

  react(side: Side, process: Process, { say, then }: Reaction): void {
    this.results.push(...say);
    if (then === 'exit') this.kill(side, process, false);
  }

  listen(side: Side, process: Process): void {
    const told = process.control.shift();
    if (told === undefined) return;
    const { worker } = process;
    const before = [...worker.holding];
    const reaction = worker.listen(told);
    this.react(
      side,
      process,
      this.options.breach === 'results said once' && told.do === 'sendWelcome'
        ? { ...reaction, say: [] }
        : reaction,
    );
    if (told.do !== 'sendWelcome') return;
    if (this.options.breach === 'welcome drops nothing')
      worker.holding.splice(0, worker.holding.length, ...before);
    const stale = process.tasks.filter(({ session }) => session !== worker.session);
    for (const task of stale) process.tasks.splice(process.tasks.indexOf(task), 1);
  }

  /**
   * Advances time up to the scheduler's timer; every running process with a session sends
   * heartbeats, except `silent` and those of the node `unheard`.
   */
  pass(silent: Process | null = null, unheard: NodeMachine | null = null): void {
    if (this.wakeAt === null) return;
    this.now = Math.max(this.now, this.wakeAt);
    for (const machine of this.machines.all)
      if (machine !== unheard) this.machines.pulse(machine, silent);
    for (const { slot, processes } of this.sides) {
      if (!this.machines.reaches(slot) || (unheard !== null && this.machines.of(slot) === unheard))
        continue;
      for (const process of processes) {
        const beat = process.stopped || process === silent ? null : process.worker.beat();
        if (beat !== null) this.take(beat);
      }
    }
    this.take({ type: 'clock' });
  }

  #carryOut(instruction: Instruction): void {
    if ('slot' in instruction && this.machines.of(instruction.slot)?.removed === true)
      throw new Violation(`${instruction.do} to the removed node of ${instruction.slot}`);
    switch (instruction.do) {
      case 'sendCohort':
        for (const { attempt } of instruction.lanes) this.#mustBeStarted(attempt);
        for (const { worker, tasks } of this.#side(instruction.slot).processes)
          if (this.#at(instruction.session, worker)) tasks.push(instruction);
        return;
      case 'sendAck':
        this.#mustBeSettled(instruction.attempt);
        this.#tell(instruction, instruction.incarnation);
        return;
      case 'sendRefused':
      case 'sendWelcome':
      case 'sendGoodbye':
        this.#tell(instruction, instruction.incarnation);
        return;
      case 'sendCancel':
        this.#tell(instruction, null);
        return;
      case 'show':
        if (instruction.change.kind === 'trialEnded')
          this.#see(instruction.change.number, instruction.change.value);
        return;
      case 'spawnWorker':
        if (this.machines.reaches(instruction.slot))
          this.machines.want(this.#side(instruction.slot), instruction.incarnation);
        return;
      case 'killWorker':
        if (this.machines.reaches(instruction.slot))
          this.#side(instruction.slot).condemned.push(instruction.incarnation);
        return;
      case 'sendNode':
        this.machines.hear(instruction);
        return;
      case 'cutNode':
        this.machines.cut(instruction.node);
        return;
      case 'askSampler':
      case 'closeTasks':
      case 'finishStudy':
      case 'openTasks':
      case 'persist':
      case 'sendHeard':
      case 'showLab':
      case 'wakeAt':
        return;
      default:
        instruction satisfies never;
    }
  }

  /** Tasks reach the process that has received, or will receive, their session. */
  #at(session: string, { slot, incarnation }: SimulatedWorker): boolean {
    const known = this.lab?.slots.get(slot);
    return known?.session !== session || known.incarnation === incarnation;
  }

  #tell(told: ControlMessage, incarnation: string | null): void {
    for (const { worker, control } of this.#side(told.slot).processes)
      if (incarnation === null || worker.incarnation === incarnation) control.push(told);
  }

  #side(slot: string): Side {
    const side = this.sides.find((candidate) => candidate.slot === slot);
    if (side === undefined) throw new Violation(`no slot ${slot}`);
    return side;
  }

  #mustBeStarted({ number, attemptNumber }: AttemptId): void {
    const known = this.record
      .attempts(STUDY, number)
      .some((attempt) => attempt.attemptNumber === attemptNumber);
    if (!known)
      throw new Violation(
        `task of attempt ${number}/${attemptNumber} left before the attempt was durable`,
      );
  }

  #mustBeSettled({ number, attemptNumber }: AttemptId): void {
    const attempt = this.record
      .attempts(STUDY, number)
      .find((candidate) => candidate.attemptNumber === attemptNumber);
    if ((attempt?.outcome ?? null) === null)
      throw new Violation(`attempt ${number}/${attemptNumber} acknowledged before it was durable`);
  }

  #see(number: number, value: number): void {
    if (this.shown.has(number)) throw new Violation(`trial ${number} shown twice`);
    const end = this.record.trial(STUDY, number)?.end;
    if (end?.value === undefined || !Object.is(end.value, value))
      throw new Violation(`trial ${number} shown before it was durable`);
    this.shown.set(number, value);
  }
}
