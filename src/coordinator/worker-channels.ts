/**
 * Translates between the scheduler and the wire: worker messages become events, send instructions
 * become messages. Keeps what only the wire needs: each session's task endpoint and the studies
 * already described to it.
 */
import { THIS_NODE, parseSlot } from '../core/device.ts';
import { findLive } from '../core/scheduling/index.ts';
import type { AttemptId, Event, Instruction, LabState } from '../core/scheduling/index.ts';
import type { Objective } from '../core/study/study-spec.ts';
import { NAMES_SINCE, OUTPUT_SINCE, chosenVersion } from '../protocol/worker-messages.ts';
import type {
  Discard,
  FromWorker,
  Hello,
  ResultMessage,
  StudyMessage,
} from '../protocol/worker-messages.ts';
import { wireParameters } from '../protocol/worker-wire.ts';
import type { CoordinatorTransport, Peer } from '../transport/transport.ts';

/** Events that the coordinator has not yet stamped with its clock. */
export type NewEvent = Untimed<Event>;
type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;

type Channel = Extract<
  Instruction,
  {
    do:
      | 'openTasks'
      | 'closeTasks'
      | 'sendCohort'
      | 'sendAck'
      | 'sendRefused'
      | 'sendCancel'
      | 'sendWelcome'
      | 'sendGoodbye'
      | 'sendHeard';
  }
>;

/** Receives output of an attempt on another machine. @param from place of its first byte */
export type OutputOf = (attempt: AttemptId, from: number, bytes: Uint8Array) => void;

/** Name and content hash of the dataset that an objective names; null: none is known here. */
export type DatasetOf = (objective: Objective) => NonNullable<StudyMessage['dataset']> | null;

interface Tasks {
  readonly endpoint: Promise<string>;
  /** The worker that was welcomed to the session; null before. */
  peer: Peer | null;
  /** Studies already described to this session. */
  readonly studies: Set<string>;
}

export class WorkerChannels {
  readonly #transport: CoordinatorTransport;
  readonly #epoch: number;
  readonly #lab: LabState;
  readonly #take: (event: NewEvent) => void;
  readonly #datasetOf: DatasetOf;
  readonly #output: OutputOf;
  readonly #tasks = new Map<string, Tasks>();
  /** The protocol version agreed with a slot's current process. */
  readonly #versions = new Map<string, number>();

  constructor(
    transport: CoordinatorTransport,
    epoch: number,
    lab: LabState,
    take: (event: NewEvent) => void,
    datasetOf: DatasetOf,
    output: OutputOf,
  ) {
    this.#transport = transport;
    this.#epoch = epoch;
    this.#lab = lab;
    this.#take = take;
    this.#datasetOf = datasetOf;
    this.#output = output;
    transport.onMessage(
      (message) => this.#receive(message),
      ({ peer, error }) => {
        if (peer !== null) take({ type: 'malformed', ...peer, error });
      },
    );
  }

  /**
   * Returns a promise if the message has to wait for its channel; it holds back those behind it.
   */
  send(instruction: Channel): Promise<void> | undefined {
    switch (instruction.do) {
      case 'openTasks': {
        const { session, slot } = instruction;
        const incarnation = this.#lab.slots.get(slot)?.incarnation ?? '';
        const endpoint = this.#transport.openTasks(session, { slot, incarnation });
        endpoint.catch(() => undefined); // reported when the welcome awaits the endpoint
        this.#tasks.set(session, { endpoint, peer: null, studies: new Set() });
        return undefined;
      }
      case 'closeTasks':
        this.#tasks.delete(instruction.session);
        this.#transport.closeTasks(instruction.session);
        return undefined;
      case 'sendCohort':
        this.#sendCohort(instruction);
        return undefined;
      case 'sendWelcome':
        return this.#sendWelcome(instruction);
      case 'sendAck':
        this.#transport.sendControl(instruction, { type: 'ack', attempt: instruction.attempt });
        return undefined;
      case 'sendRefused':
        this.#transport.sendControl(instruction, {
          type: 'refused',
          attempt: instruction.attempt,
          reason: instruction.reason,
        });
        return undefined;
      case 'sendCancel': {
        const { session, attempt, reason } = instruction;
        const peer = this.#tasks.get(session)?.peer;
        if (peer) this.#transport.sendControl(peer, { type: 'cancel', session, attempt, reason });
        return undefined;
      }
      case 'sendGoodbye':
        this.#transport.sendControl(instruction, {
          type: 'goodbye',
          session: instruction.session,
          reason: instruction.reason,
        });
        return undefined;
      case 'sendHeard':
        this.#transport.sendControl(instruction, {
          type: 'heard',
          session: instruction.session,
          n: instruction.n,
        });
        return undefined;
      default:
        return instruction satisfies never;
    }
  }

  /** Tells every worker in a session to exit. Their attempts are then unowned. */
  dismiss(): void {
    for (const { name, incarnation, session } of this.#lab.slots.values()) {
      if (session !== null)
        this.#transport.sendControl(
          { slot: name, incarnation },
          { type: 'goodbye', session, reason: 'shutdown' },
        );
    }
  }

  /**
   * Has each other machine of the lab delete files of trials; machines without a worker keep them.
   */
  discard(discarded: Omit<Discard, 'type'>): void {
    const told = new Set<string>();
    for (const { name: slot, incarnation, session } of this.#lab.slots.values()) {
      const { node } = parseSlot(slot);
      const knows = (this.#versions.get(slot) ?? 1) >= OUTPUT_SINCE;
      if (node === THIS_NODE || session === null || !knows || told.has(node)) continue;
      told.add(node);
      this.#transport.sendControl({ slot, incarnation }, { type: 'discard', ...discarded });
    }
  }

  #receive(message: FromWorker | ResultMessage): void {
    switch (message.type) {
      case 'hello':
        this.#hello(message);
        return;
      case 'beat':
      case 'leaving':
        this.#take(message);
        return;
      case 'result': {
        const { slot, incarnation, attempt, result } = message;
        this.#take({ type: 'result', slot, incarnation, attempt, result });
        return;
      }
      case 'report': {
        const { slot, incarnation, attempt, report } = message;
        this.#take({ type: 'report', slot, incarnation, attempt, report });
        return;
      }
      case 'output': {
        const { slot, incarnation, attempt, from, bytes } = message;
        const live = findLive(this.#lab, attempt);
        if (live?.slot === slot && live.incarnation === incarnation)
          this.#output(attempt, from, Buffer.from(bytes, 'base64'));
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** The transport has already refused unsupported versions. */
  #hello({ v, ...hello }: Hello): void {
    this.#versions.set(hello.slot, chosenVersion(v) ?? v.high);
    this.#take(hello);
  }

  #sendCohort({
    session,
    taskSeq,
    cohort,
    study,
    shape,
    lanes,
    deadlineMs,
    again,
  }: Extract<Instruction, { do: 'sendCohort' }>): void {
    const described = this.#tasks.get(session)?.studies;
    if (described === undefined) return;
    // The descriptions may have been lost with the connection as well.
    if (again === true) described.delete(study);
    if (!described.has(study)) {
      described.add(study);
      const known = this.#lab.studies.get(study);
      if (known === undefined) return;
      const { name, objective, seed, searchSpace } = known.spec;
      const { slot } = this.#tasks.get(session)?.peer ?? {};
      const named = (this.#versions.get(slot ?? '') ?? 1) >= NAMES_SINCE;
      const dataset = this.#datasetOf(objective);
      const began = known.executor === null ? {} : { executor: known.executor };
      this.#transport.sendTask(session, {
        type: 'study',
        session,
        study,
        ...(named ? { name } : {}),
        objective,
        seed,
        ...began,
        ...(dataset === null ? {} : { dataset }),
        parameters: wireParameters(searchSpace),
      });
    }
    this.#transport.sendTask(session, {
      type: 'cohort',
      session,
      taskSeq,
      cohort,
      study,
      ...(shape === null ? {} : { shape }),
      lanes,
      deadlineMs,
    });
  }

  async #sendWelcome({
    slot,
    incarnation,
    helloNo,
    session,
    keep,
  }: Extract<Instruction, { do: 'sendWelcome' }>): Promise<void> {
    const tasks = this.#tasks.get(session);
    if (tasks === undefined) return;
    tasks.peer = { slot, incarnation };
    const { beatMs, leaseMs } = this.#lab.options;
    try {
      this.#transport.sendControl(
        { slot, incarnation },
        {
          type: 'welcome',
          v: this.#versions.get(slot) ?? 1,
          epoch: this.#epoch,
          helloNo,
          session,
          tasksEndpoint: await tasks.endpoint,
          resultsEndpoint: this.#transport.resultsEndpoint,
          beatMs,
          leaseMs,
          keep,
        },
      );
    } catch (error) {
      // No channel could be opened. Sending the reason keeps the worker from counting this as
      // silence; it asks again after its time-out.
      this.#transport.sendControl(
        { slot, incarnation },
        { type: 'goodbye', session, reason: 'noChannel', text: String(error) },
      );
    }
  }
}
