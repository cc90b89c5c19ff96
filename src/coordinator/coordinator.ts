/**
 * The shell around the scheduler: feeds events to `step`, commits the writes that it decided, then
 * carries out its instructions. Decides nothing itself. One turn: take the events that have
 * arrived, step each (then the clock, if due), commit once, release the outbox in order.
 */
import { readsManyFirst, samplerOf } from '../core/samplers/after-edit.ts';
import { samplerCost } from '../core/samplers/create-sampler.ts';
import { answerAsk, createLab, step, stepOpening, takingUp } from '../core/scheduling/index.ts';
import type {
  Change,
  Event,
  Instruction,
  LabChange,
  LabOptions,
  LabState,
  NodeMessage,
} from '../core/scheduling/index.ts';
import type { Params } from '../core/search-space/distribution.ts';
import type { RefusedPoint } from '../core/search-space/enqueued-problems.ts';
import type { Limits, StudySpec } from '../core/study/study-spec.ts';
import type { LabStorage } from '../storage/storage.ts';
import type { CoordinatorTransport } from '../transport/transport.ts';
import type { Clock } from './clock.ts';
import { CohortEnergy } from './cohort-energy.ts';
import { EnqueuedPoints, pointFor } from './enqueued-points.ts';
import type { EnergyBetween } from './cohort-energy.ts';
import { GroupCommit } from './group-commit.ts';
import { ThreadSampling } from './thread-sampling.ts';
import type { ThreadSamplingOptions } from './thread-sampling.ts';
import { TransactionalOutbox } from './transactional-outbox.ts';
import { WorkerChannels } from './worker-channels.ts';
import type { DatasetOf, NewEvent, OutputOf } from './worker-channels.ts';

/** Most writes in one commit; a step's writes are never split. */
const COMMIT_WRITES = 512;
/** Milliseconds of one uninterrupted part of reading trials from the file. */
const TAKING_UP_TURN_MS = 5;

/**
 * Notifications for a window or a terminal. Each call concerns something durable, except that
 * storage has stalled.
 */
export interface CoordinatorListener {
  show(study: string, change: Change): void;
  showLab(change: LabChange): void;
  finished(study: string, reason: string): void;
  /**
   * The coordinator has stopped for good: another process took over the lab, or the file is
   * damaged. All channels are already closed.
   */
  fatal(error: Error): void;
  /** A point that another program enqueued cannot be tried; called once for each. */
  enqueuedRefused?(study: string, refused: RefusedPoint): void;
  /** A turn is over: the state may have changed. */
  turned?(): void;
}

export type Refused = Extract<LabChange, { kind: 'commandRefused' }>;

/**
 * Starts and ends worker processes on this machine for the coordinator. Exits are reported as
 * `exited` events through `Coordinator.exited`.
 */
export interface WorkerHost {
  /**
   * Starts an incarnation of a slot's worker after a delay; the same call twice starts one
   * process.
   */
  spawn(slot: string, incarnation: string, afterMs: number): void;
  /** Ends that incarnation after a delay, if it is still there. */
  kill(slot: string, incarnation: string, afterMs: number): void;
}

/**
 * Carries the scheduler's messages to nodes. Messages of nodes are reported as `node…` events
 * through `Coordinator.node`.
 */
export interface NodeLinks {
  /** Drops the message if the node has no link. */
  send(node: string, message: NodeMessage): void;
  /** Closes the node's sockets and destroys its connections. */
  cut(node: string): void;
}

export interface CoordinatorParts {
  readonly storage: LabStorage;
  readonly transport: CoordinatorTransport;
  readonly host: WorkerHost;
  /** Absent: the lab has no nodes but this machine. */
  readonly nodes?: NodeLinks;
  readonly clock: Clock;
  readonly listener: CoordinatorListener;
  readonly options?: Partial<LabOptions>;
  /** Returns the dataset of an objective as this machine has it; null: none. */
  readonly datasetOf?: DatasetOf;
  /** Keeps the output of programs on other machines; absent: it is dropped. */
  readonly output?: OutputOf;
  readonly sampling?: SamplingOptions;
  /** Measures the energy of this machine's devices. Absent: it is unknown. */
  readonly energyBetween?: EnergyBetween;
}

export interface SamplingOptions extends Partial<ThreadSamplingOptions> {
  /** Asks every sampler in a thread, whatever its cost class; for tests and benchmarks. */
  readonly always?: 'thread';
}

export class Coordinator {
  readonly #parts: CoordinatorParts;
  readonly #lab: LabState;
  readonly #outbox: TransactionalOutbox;
  readonly #commits: GroupCommit;
  readonly #channels: WorkerChannels;
  readonly #sampling: ThreadSampling;
  readonly #energy: CohortEnergy | null;
  readonly #enqueued: EnqueuedPoints;
  #inbox: Event[] = [];
  #turn: NodeJS.Immediate | null = null;
  #wakeAt = Infinity;
  #opened = false;
  #closed = false;
  /** Refusal of the last command; null: accepted. */
  #refused: Refused | null = null;

  private constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#lab = createLab({ samplerFor: samplerOf, ...parts.options });
    this.#outbox = new TransactionalOutbox((instruction) => this.#carryOut(instruction));
    this.#commits = new GroupCommit(parts.storage, this.#outbox);
    this.#channels = new WorkerChannels(
      parts.transport,
      parts.storage.epoch,
      this.#lab,
      (event) => this.#take(event),
      parts.datasetOf ?? (() => null),
      parts.output ?? (() => undefined),
    );
    this.#sampling = new ThreadSampling(
      this.#lab,
      () => parts.clock.now(),
      (event) => this.#take(event),
      parts.sampling,
    );
    this.#enqueued = new EnqueuedPoints(parts.storage, this.#lab.studies, (study, refused) =>
      parts.listener.enqueuedRefused?.(study, refused),
    );
    this.#energy =
      parts.energyBetween === undefined ? null : new CohortEnergy(this.#lab, parts.energyBetween);
  }

  /**
   * Restores the lab from its file, yielding to the event loop: a hundred thousand trials take a
   * while.
   * @throws StorageError `damaged`
   */
  static async open(parts: CoordinatorParts): Promise<Coordinator> {
    const coordinator = new Coordinator(parts);
    await coordinator.#open();
    return coordinator;
  }

  async #open(): Promise<void> {
    const { clock, storage } = this.#parts;
    const { epoch, lab } = storage;
    const pieces = stepOpening(this.#lab, {
      type: 'opened',
      epoch,
      lab,
      because: 'open',
      at: clock.now(),
    });
    this.#outbox.add(await this.inTurns(pieces));
    this.#opened = true;
    // Before any sampler is asked, as Optuna does.
    this.takeEnqueued();
    this.#runTurn();
  }

  /**
   * Reads the trials of a study that had finished before this opening, yielding to the event loop.
   * Await it before a command that needs the trials; the command would otherwise read them in one
   * piece. Does nothing for other studies.
   * @throws StorageError when the trials cannot be read; the study is then unchanged
   */
  async takeUp(uid: string): Promise<void> {
    const study = this.#lab.studies.get(uid);
    if (study !== undefined && study.dormant !== null) await this.inTurns(takingUp(study));
  }

  /**
   * Carries out work in pieces, yielding to the event loop between them.
   * @param turnMs milliseconds of pieces without a yield
   * @throws Error when the coordinator closes meanwhile
   */
  async inTurns<T>(pieces: Generator<void, T>, turnMs = TAKING_UP_TURN_MS): Promise<T> {
    const { clock } = this.#parts;
    let piece = pieces.next();
    for (let from = clock.now(); piece.done !== true; piece = pieces.next()) {
      if (clock.now() - from < turnMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#closed) throw new Error('the lab was closed while its trials were read');
      from = clock.now();
    }
    return piece.value;
  }

  /** The state that `step` owns. Read-only for callers. */
  get lab(): LabState {
    return this.#lab;
  }

  /** Has other machines delete files of trials of the lab's programs. */
  discard(discarded: Parameters<WorkerChannels['discard']>[0]): void {
    this.#channels.discard(discarded);
  }

  offerSlots(slots: readonly string[]): void {
    for (const slot of slots) this.#take({ type: 'slotOffered', slot, because: 'open' });
  }

  createStudy(uid: string, spec: StudySpec, limits: Limits): void {
    this.#take({ type: 'studyCreated', uid, spec, limits, because: 'user' });
  }

  /** Applies a user's decision about a study, a trial or a slot. */
  command(
    event: Extract<
      NewEvent,
      { type: `search${string}` | `study${string}` | `trial${string}` | `slot${string}` }
    >,
  ): void {
    this.#take({ ...event, because: 'user' });
  }

  /**
   * As `command`, but decided before it returns. @returns the reason of a refusal; null: accepted
   */
  decide(event: Parameters<Coordinator['command']>[0]): Refused | null {
    this.#runTurn();
    this.#refused = null;
    this.command(event);
    this.#runTurn();
    return this.#refused;
  }

  /**
   * Enqueues a point in a study. Parameters that are not given are drawn.
   * @param limits set first, in the same turn, so that the sampler does not take the number
   * @returns the reason of a refusal; null: accepted. @throws InvalidInput
   */
  enqueue(uid: string, given: Params, limits?: Limits): Refused | null {
    this.#runTurn();
    const study = this.#lab.studies.get(uid);
    const params = study === undefined ? new Float64Array(0) : pointFor(study, given);
    this.#refused = null;
    if (limits !== undefined && study?.columns.find(params) === null)
      this.command({ type: 'studyEdited', study: uid, limits });
    this.command({ type: 'trialEnqueued', study: uid, params });
    this.#runTurn();
    return this.#refused;
  }

  /** Takes in the trials that other programs have enqueued in the lab file. */
  takeEnqueued(): void {
    if (this.#closed || !this.#opened) return;
    try {
      for (const study of this.#enqueued.refresh()) {
        this.#runTurn();
        for (;;) {
          const point = this.#enqueued.next(study);
          if (point === null) break;
          this.decide({ type: 'trialEnqueued', study, ...point });
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reports what a node, its link, its owner or the user of the lab did. */
  node(event: Extract<NewEvent, { type: `node${string}` | 'slotDrained' | 'slotOffered' }>): void {
    this.#take(event);
  }

  /** Milliseconds of the coordinator's clock. */
  get now(): number {
    return this.#parts.clock.now();
  }

  /** Reports the end of a worker process; called by the host. */
  exited(event: Omit<Extract<Event, { type: 'exited' }>, 'at' | 'type'>): void {
    this.#take({ ...event, type: 'exited' });
  }

  /** Stops the coordinator with a fatal error, as an error of its own turn does. */
  fail(error: unknown): void {
    if (!this.#closed) this.#fail(error);
  }

  /** Handles the events taken so far now instead of at the next turn. */
  settle(): void {
    this.#runTurn();
  }

  /**
   * Stops the coordinator with a fatal error if the lab file or its log is no longer the file that
   * is being written.
   */
  verifyStorage(): void {
    if (this.#closed) return;
    try {
      this.#parts.storage.verify();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Commits pending writes, dismisses the workers and stops. Leaves closing the storage to its
   * owner.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#runTurn();
    this.#stop();
    this.#channels.dismiss();
    await Promise.all([this.#parts.transport.close(), this.#sampling.close()]);
  }

  #take(event: NewEvent): void {
    if (this.#closed) return;
    this.#inbox.push({ ...event, at: this.#parts.clock.now() });
    this.#turn ??= setImmediate(() => this.#runTurn());
  }

  #runTurn(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
    if (this.#closed || !this.#opened) return;
    try {
      this.#drain();
      if (this.#parts.clock.now() >= this.#wakeAt) this.#stepClock();
      this.#commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#setTimer();
    this.#parts.listener.turned?.();
  }

  #drain(): void {
    // Answers to the sampler's asks are appended to the same list, so they are handled in this
    // turn.
    for (const event of this.#inbox) {
      this.#step(event);
      if (this.#outbox.uncommittedWrites >= COMMIT_WRITES && this.#commits.retryAt === null)
        this.#commit();
    }
    this.#inbox = [];
  }

  #stepClock(): void {
    this.#wakeAt = Infinity;
    this.#step({ type: 'clock', at: this.#parts.clock.now(), because: 'clock' });
    this.#drain();
  }

  #step(event: Event): void {
    const charged =
      event.type === 'result' ? (this.#energy?.charge(event, Date.now()) ?? event) : event;
    const instructions = step(this.#lab, charged);
    for (const instruction of instructions) {
      if (instruction.do === 'showLab' && instruction.change.kind === 'commandRefused')
        this.#refused = instruction.change;
    }
    this.#outbox.add(instructions);
  }

  #commit(): void {
    const { endedElsewhere, change } = this.#commits.commit(this.#parts.clock.now());
    this.#outbox.release();
    for (const trial of endedElsewhere) this.#take({ type: 'endedElsewhere', ...trial });
    if (change === 'back') this.#take({ type: 'storageBack' });
    else if (change !== null) this.#take({ type: 'storageStalled', error: change.stalled });
  }

  #setTimer(): void {
    const at = Math.min(this.#wakeAt, this.#commits.retryAt ?? Infinity);
    if (at === Infinity) this.#parts.clock.cancel();
    else this.#parts.clock.wake(at, () => this.#runTurn());
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#parts.listener.fatal(error instanceof Error ? error : new Error(String(error)));
  }

  #stop(): void {
    this.#closed = true;
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#parts.clock.cancel();
  }

  /**
   * Carries out one instruction of `step`; the only place that does. A promise holds back the
   * instructions behind it.
   */
  #carryOut(instruction: Instruction): Promise<void> | undefined {
    const { host, listener, clock, nodes } = this.#parts;
    switch (instruction.do) {
      case 'askSampler': {
        // It takes the number before the sampler's answer, which is then asked for again.
        const point = this.#enqueued.next(instruction.study);
        if (point !== null) {
          const { study } = instruction;
          const at = clock.now();
          this.#inbox.push({ type: 'trialEnqueued', study, ...point, at, because: 'user' });
        }
        if (this.#isAskedInThread(instruction.study)) this.#sampling.ask(instruction);
        else this.#inbox.push(answerAsk(this.#lab, instruction, clock.now()));
        return undefined;
      }
      case 'spawnWorker':
        host.spawn(instruction.slot, instruction.incarnation, instruction.afterMs);
        return undefined;
      case 'killWorker':
        host.kill(instruction.slot, instruction.incarnation, instruction.afterMs);
        return undefined;
      case 'wakeAt':
        this.#wakeAt = instruction.at;
        return undefined;
      case 'sendNode':
        nodes?.send(instruction.node, instruction.message);
        return undefined;
      case 'cutNode':
        nodes?.cut(instruction.node);
        return undefined;
      case 'show':
        if (instruction.change.kind === 'study' && instruction.change.state !== 'running')
          this.#sampling.release(instruction.study);
        listener.show(instruction.study, instruction.change);
        return undefined;
      case 'showLab':
        listener.showLab(instruction.change);
        return undefined;
      case 'finishStudy':
        listener.finished(instruction.study, instruction.reason);
        return undefined;
      case 'openTasks':
      case 'closeTasks':
      case 'sendCohort':
      case 'sendAck':
      case 'sendRefused':
      case 'sendCancel':
      case 'sendWelcome':
      case 'sendGoodbye':
      case 'sendHeard':
        return this.#channels.send(instruction);
      case 'persist':
        throw new Error('a write reached the outbox');
      default:
        return instruction satisfies never;
    }
  }

  #isAskedInThread(uid: string): boolean {
    if (this.#parts.sampling?.always === 'thread') return true;
    const study = this.#lab.studies.get(uid);
    if (study === undefined) return false;
    return samplerCost(study.spec.sampler) === 'thread' || readsManyFirst(study.spec);
  }
}
