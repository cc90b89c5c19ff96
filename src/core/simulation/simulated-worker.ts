/**
 * A worker's side of the protocol without sockets, clock or training: the attempts it holds and its
 * answers. Follows the rules of the real worker: results are repeated until acknowledged, a welcome
 * drops all attempts it does not name, a cancel may overtake its task, a repeated welcome has no
 * effect.
 */
import { sameAttempt } from '../scheduling/attempts.ts';
import { PRUNED } from '../scheduling/words.ts';
import type { AttemptResult, Event, Instruction } from '../scheduling/index.ts';
import type { AttemptId, Session, SlotName } from '../scheduling/index.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { TrainingPart } from '../study/training-part.ts';

type Untimed<Type extends Event['type']> = Omit<Extract<Event, { type: Type }>, 'at' | 'because'>;
export type Hello = Untimed<'hello'>;
export type Beat = Untimed<'beat'>;
export type Result = Untimed<'result'>;
/** Messages of a worker. */
export type WorkerMessage = Hello | Beat | Result;

type Send<Do extends Instruction['do']> = Extract<Instruction, { do: Do }>;
export type Task = Send<'sendCohort'>;
/** Messages to a worker on its control channel. */
export type ControlMessage = Send<
  'sendWelcome' | 'sendGoodbye' | 'sendCancel' | 'sendAck' | 'sendRefused' | 'sendHeard'
>;

export interface Held {
  readonly attempt: AttemptId;
  readonly params: EncodedParams;
  /** Part of the training to carry out; absent: all of it. */
  readonly part?: TrainingPart;
  readonly cohort: string;
  /** Null: not finished. */
  result: AttemptResult | null;
}

/** Consequence of a message for the process. */
export interface Reaction {
  readonly say: readonly Result[];
  readonly then: 'go on' | 'say hello' | 'exit';
}

const NOTHING: Reaction = { say: [], then: 'go on' };

export interface Machine {
  readonly device: string;
  readonly lanes: number;
  readonly memoryBytes: number;
}

export class SimulatedWorker {
  readonly slot: SlotName;
  readonly incarnation: string;
  readonly #machine: Machine;
  session: Session | null = null;
  helloNo = 0;
  taskSeq = 0;
  readonly holding: Held[] = [];
  #beats = 0;
  /** Cancels of this session that arrived before their task. */
  readonly #early = new Set<string>();

  constructor(slot: SlotName, incarnation: string, machine: Machine) {
    this.slot = slot;
    this.incarnation = incarnation;
    this.#machine = machine;
  }

  hello(): Hello {
    this.helloNo += 1;
    const { slot, incarnation, helloNo } = this;
    return {
      type: 'hello',
      slot,
      incarnation,
      helloNo,
      ...this.#machine,
      holding: this.holding.map(({ attempt }) => attempt),
    };
  }

  /** Null without a session. */
  beat(): Beat | null {
    const { slot, incarnation, session, taskSeq } = this;
    if (session === null) return null;
    this.#beats += 1;
    const holding = this.holding.map(({ attempt }) => attempt);
    return {
      type: 'beat',
      slot,
      incarnation,
      session,
      n: this.#beats,
      taskSeq,
      holding,
      rssBytes: 0,
    };
  }

  /** The result of a task, sent now and repeated until acknowledged. */
  finish(held: Held, result: AttemptResult): Result {
    held.result = result;
    return this.#say(held, result);
  }

  /** Unacknowledged results. */
  unanswered(): Result[] {
    return this.holding.flatMap((held) =>
      held.result === null ? [] : [this.#say(held, held.result)],
    );
  }

  /** Tasks of the running cohort, or of the next one to run: the first with an unfinished task. */
  running(): Held[] {
    const first = this.holding.find(({ result }) => result === null);
    return first === undefined
      ? []
      : this.holding.filter(({ cohort, result }) => cohort === first.cohort && result === null);
  }

  take(task: Task): Reaction {
    // A cohort that is sent again may have arrived before.
    if (task.session !== this.session || task.taskSeq <= this.taskSeq) return NOTHING;
    this.taskSeq = task.taskSeq;
    const say: Result[] = [];
    for (const lane of task.lanes) {
      const { attempt } = lane;
      if (this.#find(attempt) !== undefined) continue;
      const held: Held = { ...lane, cohort: task.cohort, result: null };
      this.holding.push(held);
      if (this.#early.has(nameOf(attempt))) say.push(this.finish(held, CANCELLED));
    }
    return { say, then: 'go on' };
  }

  listen(message: ControlMessage): Reaction {
    switch (message.do) {
      case 'sendWelcome':
        return this.#welcomed(message);
      case 'sendCancel':
        return this.#cancel(message);
      case 'sendAck':
      case 'sendRefused':
        this.#forget(message.attempt);
        return NOTHING;
      case 'sendGoodbye':
        return this.#goodbye(message);
      case 'sendHeard':
        return NOTHING;
      default:
        return message satisfies never;
    }
  }

  #welcomed({ incarnation, helloNo, session, keep }: Send<'sendWelcome'>): Reaction {
    if (incarnation !== this.incarnation || helloNo !== this.helloNo || session === this.session)
      return NOTHING;
    this.session = session;
    this.taskSeq = 0;
    this.#early.clear();
    const kept = this.holding.filter(({ attempt }) => keep.some((id) => sameAttempt(id, attempt)));
    this.holding.splice(0, this.holding.length, ...kept);
    return { say: this.unanswered(), then: 'go on' };
  }

  #cancel({ session, attempt, reason }: Send<'sendCancel'>): Reaction {
    if (session !== this.session) return NOTHING;
    const held = this.#find(attempt);
    if (held === undefined) this.#early.add(nameOf(attempt));
    else if (held.result === null) {
      const outcome = reason === PRUNED ? 'pruned' : 'cancelled';
      return { say: [this.finish(held, { outcome, ms: 0 })], then: 'go on' };
    }
    return NOTHING;
  }

  #goodbye({ incarnation, session, reason }: Send<'sendGoodbye'>): Reaction {
    if (incarnation !== this.incarnation || (session !== null && session !== this.session))
      return NOTHING;
    this.session = null;
    return { say: [], then: reason === 'replaced' || reason === 'drained' ? 'exit' : 'say hello' };
  }

  #forget(attempt: AttemptId): void {
    const at = this.holding.findIndex((held) => sameAttempt(held.attempt, attempt));
    if (at >= 0) this.holding.splice(at, 1);
  }

  #find(attempt: AttemptId): Held | undefined {
    return this.holding.find((held) => sameAttempt(held.attempt, attempt));
  }

  #say({ attempt }: Held, result: AttemptResult): Result {
    return { type: 'result', slot: this.slot, incarnation: this.incarnation, attempt, result };
  }
}

const CANCELLED: AttemptResult = { outcome: 'cancelled', ms: 0 };

function nameOf({ study, number, attemptNumber }: AttemptId): string {
  return `${study}/${number}/${attemptNumber}`;
}
