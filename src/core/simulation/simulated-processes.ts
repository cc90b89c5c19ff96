/**
 * Worker processes in virtual time: they start, send hello and beats, run their cohorts one after
 * another, fail by chance, are killed, stand still and wake up. Their protocol is in
 * `simulated-worker.ts`.
 */
import { parseSlot } from '../device.ts';
import type { Event } from '../scheduling/index.ts';
import type { AttemptResult } from '../scheduling/index.ts';
import { durationOf, fateOf } from './chance.ts';
import type { FailureRates } from './chance.ts';
import type { SimulatedDevice, SimulationOptions } from './options.ts';
import { SimulatedWorker } from './simulated-worker.ts';
import type { Held, Reaction, WorkerMessage, Task, ControlMessage } from './simulated-worker.ts';
import type { Channel, World } from './world.ts';

type Exited = Omit<Extract<Event, { type: 'exited' }>, 'at' | 'because'>;

/** Delay of a supervisor's notice of an exit. */
const NOTICE_MS = 10;
/** Time after which another machine's node starts a new process. */
const REMOTE_RESTART_MS = 1_000;

export interface Process {
  readonly worker: SimulatedWorker;
  alive: boolean;
  /** Time until which it stands still. */
  stillUntil: number;
  lastHeard: number;
  /** Its channels; both directions of the control channel share one order here. */
  readonly tasks: Channel;
  readonly control: Channel;
  readonly results: Channel;
  /** Tasks of a session to which it has not been welcomed yet. */
  early: Task[];
  /** The running attempts; null: idle. */
  run: readonly Held[] | null;
  runSince: number;
}

export interface ProcessesParts {
  readonly world: World;
  readonly options: SimulationOptions;
  readonly rates: FailureRates;
  readonly beatMs: number;
  readonly leaseMs: number;
  /** Returns whether a node passes the messages of the slot's workers on. */
  readonly isRelayed: (slot: string) => boolean;
  /** Sends to the coordinator. */
  readonly send: (said: WorkerMessage | Exited) => void;
  /** Adds milliseconds of a worker's busy time. */
  readonly busy: (ms: number) => void;
}

export class SimulatedProcesses {
  readonly #parts: ProcessesParts;
  /** The newest process of each slot, and older silent ones. */
  readonly #processes = new Map<string, Process[]>();

  constructor(parts: ProcessesParts) {
    this.#parts = parts;
  }

  /** Starts a process, which sends hello when it is up. */
  start(slot: string, incarnation: string): void {
    const { startMs = 150 } = this.#parts.options;
    const { lanes } = this.#deviceOf(slot);
    const worker = new SimulatedWorker(slot, incarnation, {
      device: 'simulated',
      lanes,
      memoryBytes: 2 ** 33,
    });
    const { now } = this.#parts.world;
    const channels = {
      tasks: { lastArrival: 0 },
      control: { lastArrival: 0 },
      results: { lastArrival: 0 },
    };
    const process: Process = {
      worker,
      alive: true,
      stillUntil: 0,
      lastHeard: now,
      ...channels,
      early: [],
      run: null,
      runSince: 0,
    };
    const others = (this.#processes.get(slot) ?? []).filter(({ alive }) => alive);
    this.#processes.set(slot, [...others, process]);
    this.#later(process, startMs, () => {
      process.lastHeard = this.#parts.world.now;
      this.#send(process, worker.hello());
      this.#beat(process);
    });
  }

  /** Returns the newest process of the slot; null: none is alive. */
  newest(slot: string): Process | null {
    return this.#processes.get(slot)?.findLast(({ alive }) => alive) ?? null;
  }

  /** Returns whether the slot's process stands still. */
  isStill(slot: string): boolean {
    return (this.newest(slot)?.stillUntil ?? 0) > this.#parts.world.now;
  }

  /** Lets the slot's process stand still until then. */
  hold(slot: string, until: number): void {
    const process = this.newest(slot);
    if (process !== null) process.stillUntil = Math.max(process.stillUntil, until);
  }

  /** Ends the slot's processes without a report of their exits. */
  stopAll(slot: string): void {
    for (const process of this.#processes.get(slot) ?? []) this.#stop(process);
  }

  /** Kills a process by SIGKILL, by the supervisor or by chance. */
  kill(slot: string, incarnation: string, by: 'us' | 'itself'): void {
    for (const process of this.#processes.get(slot) ?? [])
      if (process.worker.incarnation === incarnation) this.#die(process, by);
  }

  /** Starts a process unless it was started before. */
  startOnce(slot: string, incarnation: string): void {
    const known = this.#processes.get(slot) ?? [];
    if (!known.some(({ worker }) => worker.incarnation === incarnation))
      this.start(slot, incarnation);
  }

  /** Kills the processes of these slots together with their parent; no exit is reported. */
  killAll(isChild: (slot: string) => boolean): void {
    for (const [slot, processes] of this.#processes)
      if (isChild(slot)) for (const process of processes) this.#stop(process);
  }

  /** Delivers a message to every process of its slot; each checks whether it is the receiver. */
  deliver(slot: string, message: Task | ControlMessage): void {
    for (const process of this.#processes.get(slot) ?? []) {
      if (!process.alive) continue;
      this.#parts.world.carry(message.do === 'sendCohort' ? process.tasks : process.control, () => {
        if (process.alive) this.#whenAwake(process, () => this.#hear(process, message));
      });
    }
  }

  /**
   * The answer to a beat. Too frequent to be simulated as single messages, and losing one has no
   * effect.
   */
  heard(slot: string, incarnation: string): void {
    for (const process of this.#processes.get(slot) ?? []) {
      if (process.worker.incarnation === incarnation) process.lastHeard = this.#parts.world.now;
    }
  }

  #hear(process: Process, message: Task | ControlMessage): void {
    const { worker } = process;
    process.lastHeard = this.#parts.world.now;
    if (message.do === 'sendCohort') {
      if (message.session === worker.session) this.#react(process, worker.take(message));
      else process.early.push(message);
      return;
    }
    this.#react(process, worker.listen(message));
    if (message.do !== 'sendWelcome') return;
    const early = process.early;
    process.early = [];
    for (const task of early)
      if (task.session === worker.session) this.#react(process, worker.take(task));
  }

  #react(process: Process, { say, then }: Reaction): void {
    for (const result of say) this.#send(process, result);
    if (then === 'exit') this.#die(process, 'itself', true);
    else if (then === 'say hello') this.#send(process, process.worker.hello());
    if (process.alive) this.#runNext(process);
  }

  /** Continues with the next attempt, since the current one may have been taken away. */
  #runNext(process: Process): void {
    const { worker } = process;
    if (process.run?.some((held) => held.result === null && worker.holding.includes(held)) === true)
      return;
    this.#stopRun(process);
    const run = worker.running();
    const first = run[0];
    if (first === undefined) return;
    const { world, options, rates } = this.#parts;
    const seed = options.seed ?? options.spec.seed;
    process.run = run;
    process.runSince = world.now;
    const ms =
      Math.max(...run.map(({ attempt }) => durationOf(seed, options.duration, attempt))) *
      this.#deviceOf(worker.slot).slowness;
    const { fate, share } = fateOf(seed, rates, first.attempt);
    const end = (): void => {
      if (process.run === run) this.#endRun(process, run, ms);
    };
    if (fate === 'loss')
      this.#later(process, ms * share, () => process.run === run && this.#die(process, 'itself'));
    else if (fate === 'stall') {
      this.#later(process, ms * share, () => {
        if (process.run === run) process.stillUntil = world.now + (options.stallMs ?? 5_000);
      });
      this.#later(process, ms, end);
    } else this.#later(process, ms * share, end);
  }

  #endRun(process: Process, run: readonly Held[], ms: number): void {
    this.#stopRun(process);
    for (const held of run) {
      if (held.result === null && process.worker.holding.includes(held)) {
        this.#send(process, process.worker.finish(held, this.#resultOf(process, held, ms)));
      }
    }
    this.#runNext(process);
  }

  #deviceOf(slot: string): Pick<SimulatedDevice, 'lanes' | 'slowness' | 'lanesWanted'> {
    const { devices = [], nodes = [], lanes = 1 } = this.#parts.options;
    const { device, node: id } = parseSlot(slot);
    const node = nodes.find((each) => each.id === id);
    if (node !== undefined) return { lanes: 1, slowness: node.slowness ?? 1 };
    return devices.find(({ id }) => id === device) ?? { lanes, slowness: 1 };
  }

  #resultOf({ worker }: Process, { attempt, params }: Held, ms: number): AttemptResult {
    const { options, rates } = this.#parts;
    const { fate, share } = fateOf(options.seed ?? options.spec.seed, rates, attempt);
    if (fate === 'crash') return { outcome: 'crashed', error: 'simulated crash', ms: ms * share };
    if (fate === 'memory') return { outcome: 'outOfMemory', error: 'simulated', ms: ms * share };
    if (fate === 'diverge') return { outcome: 'diverged', ms };
    const honest = options.value(params, attempt.number);
    const { node } = parseSlot(worker.slot);
    const lies = options.nodes?.some(({ id, lies }) => id === node && lies === true) ?? false;
    const value = lies ? honest + 1 + attempt.number : honest;
    const { lanesWanted } = this.#deviceOf(worker.slot);
    const about = { ms, ...(lanesWanted === undefined ? {} : { lanesWanted }) };
    return Number.isFinite(value)
      ? { outcome: 'succeeded', value, ...about }
      : { outcome: 'diverged', ...about };
  }

  #stopRun(process: Process): void {
    if (process.run !== null) this.#parts.busy(this.#parts.world.now - process.runSince);
    process.run = null;
  }

  #stop(process: Process): void {
    this.#stopRun(process);
    process.alive = false;
  }

  #die(process: Process, by: 'us' | 'itself', politely = false): void {
    if (!process.alive) return;
    this.#stop(process);
    const { world, options, send } = this.#parts;
    const { slot, incarnation } = process.worker;
    if (options.remote === true) {
      const next = `1.${Number(incarnation.split('.')[1] ?? 0) + 1}`;
      const newest = (this.#processes.get(slot) ?? []).at(-1) === process;
      if (newest) world.in(REMOTE_RESTART_MS, () => this.start(slot, next));
      return;
    }
    const signal = politely ? null : 'SIGKILL';
    const code = politely ? 0 : null;
    world.in(NOTICE_MS, () =>
      send({
        type: 'exited',
        slot,
        incarnation,
        code,
        signal,
        by,
        rssPeakBytes: null,
        overMemory: false,
      }),
    );
  }

  /** Sends a beat, repeats unacknowledged results, and sends hello again after silence. */
  #beat(process: Process): void {
    const { worker } = process;
    const { world, beatMs, leaseMs } = this.#parts;
    const beat = worker.beat();
    if (beat !== null) {
      this.#send(process, beat);
      if (beat.n % Math.max(1, Math.round(leaseMs / beatMs)) === 0)
        for (const result of worker.unanswered()) this.#send(process, result);
    }
    // A node's relay answers its workers, whether or not its link is up.
    if (world.now - process.lastHeard >= leaseMs && !this.#parts.isRelayed(worker.slot)) {
      process.lastHeard = world.now;
      this.#send(process, worker.hello());
    }
    this.#later(process, beatMs, () => this.#beat(process));
  }

  #send(process: Process, said: WorkerMessage): void {
    if (process.alive)
      this.#parts.world.carry(said.type === 'result' ? process.results : process.control, () =>
        this.#parts.send(said),
      );
  }

  #later(process: Process, ms: number, what: () => void): void {
    this.#parts.world.in(ms, () => {
      if (process.alive) this.#whenAwake(process, what);
    });
  }

  #whenAwake(process: Process, what: () => void): void {
    const { world } = this.#parts;
    if (process.stillUntil <= world.now) what();
    else
      world.at(process.stillUntil, () => {
        if (process.alive) what();
      });
  }
}
