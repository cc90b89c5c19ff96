/**
 * Passes messages between this node's workers, on loopback, and the host, and carries out the
 * host's instructions to start and end workers. Decides nothing about attempts: while there is no
 * link, workers continue, and repeat their results until the host acknowledges them.
 */
import { compareIncarnations } from '../../core/scheduling/slots.ts';
import type { NodeSlot, NodeWelcome } from '../../protocol/node-messages.ts';
import { HOLD_SINCE } from '../../protocol/worker-messages.ts';
import type {
  Discard,
  FromWorker,
  ResultMessage,
  StudyMessage,
  TaskMessage,
  ToWorker,
  Welcome,
} from '../../protocol/worker-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { CoordinatorTransport, Malformed, Peer } from '../../transport/transport.ts';
import { Beats } from './beats.ts';
import { Exits } from './exits.ts';
import { HeldTrials } from './held-trials.ts';
import type { HeldCounts } from './held-trials.ts';
import type { ToHost } from './to-host.ts';
import type { WorkerExit } from '../workers/worker-processes.ts';

/** Invalid messages of a worker within the window that end it, as on the host's own machine. */
const MOST_MALFORMED = 3;
const MALFORMED_MS = 60_000;

/** Starts and ends the worker processes of this machine. */
export interface RelayedProcesses {
  spawn(slot: string, incarnation: string, afterMs: number): void;
  kill(slot: string, incarnation: string, afterMs: number): void;
}

/** A slot of this node as the host is told of it. */
export type OfferedSlot = Pick<NodeSlot, 'slot' | 'device' | 'model' | 'lanes' | 'memoryBytes'>;

export interface RelayParts {
  /** The workers' end, on loopback. */
  readonly workers: CoordinatorTransport;
  readonly processes: RelayedProcesses;
  readonly host: ToHost;
  readonly slots: readonly OfferedSlot[];
  readonly timer: Timer;
  /** Deletes files of trials that the host names. */
  readonly discard: (what: Discard) => void;
  /** Returns whether cohorts of the study run beside each other. */
  readonly sideBySide: (study: StudyMessage) => boolean;
  /** Told of a study before its first trial in a session. */
  readonly studySent: (study: StudyMessage) => void;
  /** Reports an invalid message, for the log. */
  readonly warn: (text: string) => void;
}

/** One slot and its newest worker process. */
interface Worker {
  /** Newest incarnation that was started here or sent a message; empty: none yet. */
  incarnation: string;
  running: boolean;
  session: string | null;
  /** Resolves with the task endpoint of `session`. */
  tasks: Promise<string> | null;
  /** Highest task number passed to the worker in `session`. */
  taskSeq: number;
  beats: Beats | null;
  /** Attempts that it held at its last beat. */
  readonly held: HeldTrials;
  /** Messages behind a welcome that waits for its channel, in order. */
  waiting: Promise<void> | null;
  /** True if it can wait between two batches; null: it has not said hello. */
  knowsHold: boolean | null;
  /** Times of recent invalid messages. */
  malformed: number[];
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #workers = new Map<string, Worker>();
  /** Studies whose cohorts run beside each other. */
  readonly #beside = new Set<string>();
  readonly #exits: Exits;
  #done = 0;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#exits = new Exits((message) => {
      if (parts.host.isUp) parts.host.sendResult(message);
    });
    for (const { slot } of parts.slots) this.#workers.set(slot, newWorker());
    parts.workers.onMessage(
      (message) => this.#fromWorker(message),
      (what) => this.#malformed(what),
    );
  }

  /** Slots as the node's first message on a link names them. */
  get slots(): readonly NodeSlot[] {
    return this.#parts.slots.map((offered) => {
      const { incarnation, running, session, taskSeq } = this.#worker(offered.slot);
      return {
        ...offered,
        running: running ? incarnation : null,
        session: running ? session : null,
        taskSeq: running ? taskSeq : 0,
      };
    });
  }

  /** Number of worker processes that run or are being started. */
  get running(): number {
    return [...this.#workers.values()].filter(({ running }) => running).length;
  }

  /**
   * Number of trials that run, of those that wait in workers behind them, and of results that the
   * host has accepted.
   */
  get trials(): HeldCounts & { readonly done: number } {
    let [running, waiting] = [0, 0];
    for (const worker of this.#workers.values()) {
      if (!worker.running) continue;
      const { counts } = worker.held;
      running += counts.running;
      waiting += counts.waiting;
    }
    return { running, waiting, done: this.#done };
  }

  /** Slots with a worker in a session of which nothing was heard for a second. */
  get silent(): readonly string[] {
    const now = this.#parts.timer.now();
    return [...this.#workers].flatMap(([slot, { running, session, beats }]) =>
      running && session !== null && beats?.isSilent(now) === true ? [slot] : [],
    );
  }

  /** Ignores the workers' silence during a time in which this process did not run. */
  stalled(ms: number): void {
    for (const { beats } of this.#workers.values()) beats?.stalled(ms);
  }

  /** Repeats the exits that the host has not noted. Called regularly. */
  tick(): void {
    if (this.#parts.host.isUp) this.#exits.repeat(this.#parts.timer.now(), 'due');
  }

  /** Ends workers that the host does not list, and starts those that it misses. */
  welcomed(run: NodeWelcome['run']): void {
    const { processes, timer } = this.#parts;
    const listed = new Map(run.map(({ slot, incarnation }) => [slot, incarnation]));
    for (const [slot, worker] of this.#workers) {
      const wanted = listed.get(slot);
      if (worker.running && worker.incarnation !== wanted)
        processes.kill(slot, worker.incarnation, 0);
      if (wanted !== undefined) this.spawn(slot, wanted, 0);
      worker.beats?.restart();
    }
    this.#exits.repeat(timer.now(), 'all');
  }

  /** Ends every worker: the host has closed its lab, and with it every attempt. */
  end(): void {
    for (const [slot, { running, incarnation }] of this.#workers)
      if (running) this.#parts.processes.kill(slot, incarnation, 0);
  }

  /** Starts an incarnation that is newer than every earlier one of its slot. */
  spawn(slot: string, incarnation: string, afterMs: number): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined) {
      this.#parts.warn(`the host starts a worker in ${slot}, which this node does not have`);
      return;
    }
    if (compareIncarnations(incarnation, worker.incarnation) <= 0) return;
    this.#begin(worker, incarnation);
    this.#parts.processes.spawn(slot, incarnation, afterMs);
  }

  kill(slot: string, incarnation: string, afterMs: number): void {
    this.#parts.processes.kill(slot, incarnation, afterMs);
  }

  /** Makes a worker wait between two batches; one of a release that cannot wait ends. */
  hold(slot: string, forMs: number): void {
    const { incarnation, running, knowsHold } = this.#worker(slot);
    if (!running || knowsHold === null) return;
    const { workers, processes } = this.#parts;
    if (knowsHold) workers.sendControl({ slot, incarnation }, { type: 'hold', forMs });
    else if (forMs > 0) processes.kill(slot, incarnation, 0);
  }

  /** Ends a worker, so that its memory is freed. */
  free(slot: string): void {
    const { incarnation, running } = this.#worker(slot);
    if (running) this.#parts.processes.kill(slot, incarnation, 0);
  }

  /** A worker process has ended. */
  exited(exit: WorkerExit): void {
    const worker = this.#workers.get(exit.slot);
    if (worker?.incarnation === exit.incarnation) {
      worker.running = false;
      this.#leave(worker);
    }
    this.#exits.add(exit, this.#parts.timer.now());
  }

  noted(slot: string, incarnation: string): void {
    this.#exits.noted(slot, incarnation);
  }

  /** Passes a message of the host's control channel to a worker, in order. */
  control(peer: Peer, message: ToWorker): void {
    if (message.type === 'discard') {
      // Not by the worker, which ends at once if the host closes its lab next.
      this.#parts.discard(message);
      return;
    }
    const worker = this.#workers.get(peer.slot);
    if (worker === undefined) {
      this.#parts.warn(`the host names slot ${peer.slot}, which this node does not have`);
      return;
    }
    const { workers } = this.#parts;
    if (message.type === 'ack') this.#done += 1;
    if (message.type === 'welcome') this.#order(worker, () => this.#welcome(worker, peer, message));
    else if (worker.waiting === null) workers.sendControl(peer, message);
    else this.#order(worker, () => workers.sendControl(peer, message));
  }

  /** Passes a task to the channel of its session, which may be new: its welcome is on the way. */
  task(slot: string, message: TaskMessage): void {
    const worker = this.#workers.get(slot);
    if (
      worker?.running !== true ||
      !this.#join(worker, { slot, incarnation: worker.incarnation }, message.session)
    )
      return;
    if (message.type === 'study') {
      this.#parts.studySent(message);
      if (this.#parts.sideBySide(message)) this.#beside.add(message.study);
    }
    this.#parts.workers.sendTask(message.session, message);
    if (message.type === 'study') return;
    worker.taskSeq = Math.max(worker.taskSeq, message.taskSeq);
    worker.held.sent(message, this.#beside.has(message.study));
  }

  #fromWorker(message: FromWorker | ResultMessage): void {
    const { host, timer, workers } = this.#parts;
    const worker = this.#workers.get(message.slot);
    if (worker === undefined) return;
    const now = timer.now();
    const isNewest = worker.incarnation === message.incarnation;
    if (isNewest) (worker.beats ??= new Beats(now)).heard(now);
    switch (message.type) {
      case 'hello':
        if (isNewest) worker.knowsHold = message.v.high >= HOLD_SINCE;
        host.passControl(message);
        return;
      case 'leaving':
        host.passControl(message);
        return;
      case 'beat':
        if (isNewest)
          worker.held.beat(message, message.session === worker.session ? worker.taskSeq : Infinity);
        if (worker.beats !== null && isNewest && !(worker.beats.passes(message, now) && host.isUp))
          workers.sendControl(message, { type: 'heard', session: message.session, n: message.n });
        else host.passControl(message);
        return;
      case 'result':
        if (isNewest) worker.held.finished(message.attempt);
        host.passResult(message);
        return;
      case 'report':
      case 'output':
        host.passResult(message);
        return;
      default:
        message satisfies never;
    }
  }

  #malformed({ peer, error }: Malformed): void {
    const { warn, timer, processes } = this.#parts;
    warn(`${peer === null ? 'an unknown worker' : peer.slot} sent an invalid message: ${error}`);
    const worker = peer === null ? undefined : this.#workers.get(peer.slot);
    if (peer === null || worker === undefined) return;
    const now = timer.now();
    worker.malformed = [...worker.malformed, now].filter((at) => now - at <= MALFORMED_MS);
    if (worker.malformed.length < MOST_MALFORMED) return;
    worker.malformed = [];
    processes.kill(peer.slot, peer.incarnation, 0);
  }

  #worker(slot: string): Worker {
    const worker = this.#workers.get(slot);
    if (worker === undefined) throw new Error(`this node has no slot ${slot}`);
    return worker;
  }

  #begin(worker: Worker, incarnation: string): void {
    this.#leave(worker);
    worker.held.clear();
    Object.assign(worker, {
      incarnation,
      running: true,
      beats: null,
      malformed: [],
      knowsHold: null,
    });
  }

  /** Closes the task channel of the worker's session. */
  #leave(worker: Worker): void {
    if (worker.session !== null) this.#parts.workers.closeTasks(worker.session);
    worker.session = null;
    worker.tasks = null;
    worker.taskSeq = 0;
  }

  /**
   * Opens the task channel of a session unless it is open. @returns whether the session is the
   * worker's newest
   */
  #join(worker: Worker, peer: Peer, session: string): boolean {
    if (worker.session === session) return true;
    if (worker.session !== null && compareIncarnations(session, worker.session) < 0) return false;
    this.#leave(worker);
    worker.session = session;
    worker.tasks = this.#parts.workers.openTasks(session, peer);
    worker.tasks.catch(() => undefined); // reported when the welcome awaits the endpoint
    return true;
  }

  /** Runs work behind a welcome that waits for its channel. */
  #order(worker: Worker, work: () => Promise<void> | void): void {
    const next = (worker.waiting ?? Promise.resolve()).then(work);
    worker.waiting = next;
    void next.finally(() => {
      if (worker.waiting === next) worker.waiting = null;
    });
  }

  async #welcome(worker: Worker, peer: Peer, welcome: Welcome): Promise<void> {
    const { workers } = this.#parts;
    if (worker.incarnation !== peer.incarnation || !this.#join(worker, peer, welcome.session))
      return;
    try {
      const tasksEndpoint = (await worker.tasks) ?? '';
      const { resultsEndpoint } = workers;
      workers.sendControl(peer, { ...welcome, tasksEndpoint, resultsEndpoint });
    } catch (error) {
      this.#leave(worker);
      const { session } = welcome;
      // The worker says hello again after a while.
      const text = String(error);
      workers.sendControl(peer, { type: 'goodbye', session, reason: 'noChannel', text });
    }
  }
}

function newWorker(): Worker {
  return {
    incarnation: '',
    running: false,
    session: null,
    tasks: null,
    taskSeq: 0,
    beats: null,
    held: new HeldTrials(),
    waiting: null,
    knowsHold: null,
    malformed: [],
  };
}
