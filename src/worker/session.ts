/**
 * The worker's side of the protocol with a coordinator: hello, welcome, beats, tasks, results until
 * they are acknowledged, goodbye. Continues computing whatever happens to the connection: the end
 * of a session does not end an attempt, only a welcome that does not keep it does. Contains no
 * sockets and no timers: messages and ticks come in, actions go out.
 */
import { PRUNED } from '../core/scheduling/words.ts';
import type { AttemptId, AttemptResult, Report } from '../core/scheduling/index.ts';
import type { StopReason } from '../objectives/evaluate.ts';
import {
  MOST_OUTPUT_BYTES,
  OUTPUT_SINCE,
  PROTOCOL,
  chosenVersion,
} from '../protocol/worker-messages.ts';
import type {
  Cancel,
  CohortMessage,
  FromWorker,
  Goodbye,
  Hold,
  ResultMessage,
  StudyMessage,
  TaskMessage,
  ToWorker,
  Welcome,
} from '../protocol/worker-messages.ts';
import { namedParams } from '../protocol/worker-wire.ts';
import { Gate } from '../runtime/gate.ts';
import { Cohorts } from './cohorts.ts';
import type { RunLanes } from './cohorts.ts';
import { Holding } from './holding.ts';

export interface Identity {
  readonly slot: string;
  readonly incarnation: string;
  readonly device: string;
  readonly lanes: number;
  readonly memoryBytes: number;
}

export interface SessionActions {
  sendControl(message: FromWorker): void;
  sendResult(message: ResultMessage): void;
  joinSession(tasksEndpoint: string, resultsEndpoint: string): void;
  /** Sets the interval of ticks, in milliseconds. */
  tickEach(ms: number): void;
  /** Ends the process. @param text for the user; null: nothing to report */
  exit(code: number, text: string | null): void;
  /** Deletes files of trials of the lab's programs. */
  /** Reports an invalid message of the coordinator. */
  warn(text: string): void;
}

/** Milliseconds between two sendings of an unacknowledged result, and of a hello. */
const AGAIN_MS = 2000;
/** Minimum milliseconds between two hellos, whatever the coordinator asks for. */
const HELLO_GAP_MS = 200;
/**
 * A tick later than its due time by more than this means that the whole process was stopped;
 * silence during that time is ignored.
 */
const STALL_MS = 500;

interface Announcement {
  /** Number of the beat that carries it. */
  readonly n: number;
  readonly sentAt: number;
  readonly arrived: () => void;
}

const EXIT_REASONS: ReadonlySet<string> = new Set(['drained', 'replaced', 'shutdown']);

export class WorkerSession {
  readonly #identity: Identity;
  readonly #act: SessionActions;
  readonly #now: () => number;
  readonly #holding = new Holding();
  readonly #cohorts: Cohorts;
  readonly #studies = new Map<string, StudyMessage>();
  #helloNo = 0;
  #helloAt = -Infinity;
  /** A hello was sent and is not answered yet. */
  #greeting = false;
  #session: string | null = null;
  #welcome: Pick<Welcome, 'beatMs' | 'leaseMs' | 'v'> = { beatMs: 500, leaseMs: 2000, v: 1 };
  #heardAt = 0;
  #tickAt: number;
  #beat = 0;
  #taskSeq = 0;
  /** Of the last tick. */
  #rssBytes = 0;
  /** Durations of the announced calls that have not ended. */
  readonly #quiet = new Set<{ readonly mostMs: number }>();
  /** Announcements that the coordinator has not answered yet. */
  #unheard: Announcement[] = [];

  readonly #gate: Gate;
  /** Time at which a closed gate opens by itself. */
  #heldUntil = 0;

  /**
   * @param now milliseconds of a monotonic clock
   * @param gate at which running lanes wait, closed while the worker is held
   * @param sideBySide whether cohorts of the study run beside each other
   */
  constructor(
    identity: Identity,
    act: SessionActions,
    run: RunLanes,
    now: () => number,
    gate = new Gate(),
    sideBySide?: (study: StudyMessage) => boolean,
  ) {
    this.#identity = identity;
    this.#act = act;
    this.#now = now;
    this.#gate = gate;
    this.#tickAt = now();
    const listener = {
      mayStart: (attempt: AttemptId): boolean => this.#holding.start(attempt),
      reported: (attempt: AttemptId, report: Report): void => this.#sendReport(attempt, report),
      ended: (attempt: AttemptId, result: AttemptResult): void => this.#finish(attempt, result),
    };
    this.#cohorts = new Cohorts(run, listener, gate, sideBySide);
  }

  start(): void {
    this.#act.tickEach(this.#welcome.beatMs);
    this.#hello();
  }

  /** Called each `beatMs`. */
  tick(rssBytes: number): void {
    const now = this.#now();
    this.#rssBytes = rssBytes;
    const late = now - this.#tickAt - this.#welcome.beatMs;
    this.#tickAt = now;
    if (late > STALL_MS) {
      this.#heardAt = Math.min(now, this.#heardAt + late);
      this.#heldUntil += late;
    }
    if (now >= this.#heldUntil) this.#gate.open();
    if (this.#greeting) {
      if (now - this.#helloAt >= AGAIN_MS) this.#sendHello();
    } else if (this.#session === null || now - this.#heardAt >= this.#welcome.leaseMs)
      this.#hello();
    else this.#sendBeat(rssBytes);
    this.#hear(({ sentAt }) => now - sentAt >= AGAIN_MS);
    for (const { attempt, result } of this.#holding.unanswered(now - AGAIN_MS, now))
      this.#sendResult(attempt, result);
  }

  control(message: ToWorker): void {
    this.#heardAt = this.#now();
    switch (message.type) {
      case 'welcome':
        this.#enter(message);
        return;
      case 'heard':
        this.#hear(({ n }) => message.session === this.#session && n <= message.n);
        return;
      case 'ack':
      case 'refused':
        this.#holding.forget(message.attempt);
        return;
      case 'cancel':
        if (message.session === this.#session) this.#cancel(message);
        return;
      case 'hold':
        this.#hold(message);
        return;
      case 'discard':
        // Its node has deleted the files.
        return;
      case 'goodbye':
        this.#goodbye(message);
        return;
      default:
        message satisfies never;
    }
  }

  task(message: TaskMessage): void {
    if (message.session !== this.#session) return;
    this.#heardAt = this.#now();
    if (message.type === 'study') this.#studies.set(message.study, message);
    else this.#accept(message);
  }

  /**
   * Announces that this process will be silent, because a call blocks it. Resolves when the
   * coordinator has answered, or after two seconds.
   * @returns to be called after the call
   */
  async announce(mostMs: number): Promise<() => void> {
    const quiet = { mostMs };
    this.#quiet.add(quiet);
    if (this.#session !== null && !this.#greeting) {
      const sentAt = this.#now();
      await new Promise<void>((arrived) => {
        this.#unheard.push({ n: this.#beat + 1, sentAt, arrived });
        this.#sendBeat(this.#rssBytes);
      });
    }
    return () => this.#quiet.delete(quiet);
  }

  /**
   * Ends running attempts for a reason of this process's own and starts no more. Resolves when they
   * have ended.
   */
  halt(reason: StopReason): Promise<void> {
    return this.#cohorts.halt(reason);
  }

  /**
   * Sends output of an attempt's program to a coordinator on another machine.
   * @param from place of the first byte
   * @param bytes at most `MOST_OUTPUT_BYTES`
   * @returns whether it is on its way; false: no coordinator that takes it is connected
   */
  sendOutput(attempt: AttemptId, from: number, bytes: Uint8Array): boolean {
    if (this.#session === null || this.#welcome.v < OUTPUT_SINCE) return false;
    if (bytes.length > MOST_OUTPUT_BYTES) throw new RangeError(`${bytes.length} bytes of output`);
    const { slot, incarnation } = this.#identity;
    this.#act.sendResult({
      type: 'output',
      session: this.#session,
      slot,
      incarnation,
      attempt,
      from,
      bytes: Buffer.from(bytes).toString('base64'),
    });
    return true;
  }

  /** Resolves announcements that have been answered, or are not waited for any longer. */
  #hear(done: (announcement: Announcement) => boolean): void {
    const heard = this.#unheard.filter(done);
    this.#unheard = this.#unheard.filter((each) => !heard.includes(each));
    for (const { arrived } of heard) arrived();
  }

  #hello(): void {
    this.#helloNo += 1;
    this.#greeting = true;
    this.#sendHello();
  }

  #sendHello(): void {
    this.#helloAt = this.#now();
    this.#act.sendControl({
      type: 'hello',
      v: PROTOCOL,
      ...this.#identity,
      helloNo: this.#helloNo,
      holding: this.#holding.list(),
    });
  }

  #quietMs(): number {
    return Math.max(...[...this.#quiet].map(({ mostMs }) => mostMs));
  }

  #sendBeat(rssBytes: number): void {
    if (this.#session === null) return;
    const { slot, incarnation } = this.#identity;
    this.#beat += 1;
    this.#act.sendControl({
      type: 'beat',
      session: this.#session,
      slot,
      incarnation,
      n: this.#beat,
      taskSeq: this.#taskSeq,
      holding: this.#holding.list(),
      progress: this.#cohorts.progress,
      rssBytes,
      ...(this.#quiet.size === 0 ? {} : { quietMs: this.#quietMs() }),
    });
  }

  /**
   * Enters a session. Ignores a welcome that answers an earlier hello, or that names the current
   * session.
   */
  #enter(welcome: Welcome): void {
    if (welcome.helloNo !== this.#helloNo || welcome.session === this.#session) return;
    if (chosenVersion({ low: welcome.v, high: welcome.v }) === null) {
      this.#act.exit(
        1,
        `the coordinator chose worker protocol version ${welcome.v}, this worker speaks ${PROTOCOL.low} to ${PROTOCOL.high}`,
      );
      return;
    }
    this.#greeting = false;
    this.#session = welcome.session;
    this.#welcome = welcome;
    this.#beat = 0;
    this.#taskSeq = 0;
    for (const attempt of this.#holding.welcomed(welcome.keep))
      this.#cohorts.stop(attempt, 'cancelled');
    this.#act.joinSession(welcome.tasksEndpoint, welcome.resultsEndpoint);
    const now = this.#now();
    for (const { attempt, result } of this.#holding.unanswered(now, now))
      this.#sendResult(attempt, result);
    this.#act.tickEach(welcome.beatMs);
  }

  #goodbye({ session, reason, text }: Goodbye): void {
    if (session !== null && session !== this.#session) return;
    if (reason === 'version')
      this.#act.exit(1, text ?? 'the coordinator speaks another version of the worker protocol');
    else if (EXIT_REASONS.has(reason)) this.#act.exit(0, null);
    else {
      this.#session = null;
      this.#greeting = false;
      if (this.#now() - this.#helloAt >= HELLO_GAP_MS) this.#hello();
    }
  }

  #accept({ study: uid, taskSeq, shape, lanes, deadlineMs }: CohortMessage): void {
    const study = this.#studies.get(uid);
    if (study === undefined) {
      // Not counted as received: the coordinator notices a task that never arrived and ends the
      // session.
      this.#act.warn(`task ${taskSeq} is of study ${uid}, of which this worker was never told`);
      return;
    }
    // A cohort that is sent again over a new link of the node may have arrived before.
    if (taskSeq <= this.#taskSeq) return;
    this.#taskSeq = taskSeq;
    const { run, cancelled } = this.#holding.accept(lanes);
    for (const attempt of cancelled) this.#finish(attempt, { outcome: 'cancelled', ms: 0 });
    if (run.length === 0) return;
    this.#cohorts.add({
      study,
      shape,
      lanes: run.map(({ params, ...lane }) => ({
        ...lane,
        params: namedParams(study.parameters, params),
      })),
      deadlineMs,
    });
  }

  #hold({ forMs }: Hold): void {
    this.#heldUntil = this.#now() + forMs;
    if (forMs > 0) this.#gate.close();
    else this.#gate.open();
  }

  #cancel({ attempt, reason }: Cancel): void {
    switch (this.#holding.cancel(attempt)) {
      case 'waiting':
        this.#finish(attempt, { outcome: 'cancelled', ms: 0 });
        return;
      case 'running':
        this.#cohorts.stop(attempt, reason === PRUNED ? 'pruned' : 'cancelled');
        return;
      case 'finished': // The result remains valid and is sent until it is acknowledged.
      case 'unknown':
    }
  }

  #finish(attempt: AttemptId, result: AttemptResult): void {
    if (this.#holding.finish(attempt, result, this.#now())) this.#sendResult(attempt, result);
  }

  /** Reports are sent once: the result repeats them. */
  #sendReport(attempt: AttemptId, report: Report): void {
    if (this.#session === null || !this.#holding.isRunning(attempt)) return;
    const { slot, incarnation } = this.#identity;
    this.#act.sendResult({
      type: 'report',
      session: this.#session,
      slot,
      incarnation,
      attempt,
      report,
    });
  }

  #sendResult(attempt: AttemptId, result: AttemptResult): void {
    if (this.#session === null) return;
    const { slot, incarnation } = this.#identity;
    this.#act.sendResult({
      type: 'result',
      session: this.#session,
      slot,
      incarnation,
      attempt,
      result,
    });
  }
}
