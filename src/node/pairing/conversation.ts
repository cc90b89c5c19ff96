/**
 * One end of a conversation of admission: sends and parses lines, ends it in time, and reports its
 * failure once. The order of messages belongs to its users.
 */
import { MalformedMessage } from '../../protocol/message-line.ts';
import { PAIRING_PROTOCOL } from '../../protocol/pairing-messages.ts';
import type { PairingEnd, ToHost, ToJoiner } from '../../protocol/pairing-messages.ts';
import { chosenVersion } from '../../protocol/worker-messages.ts';
import type { VersionRange } from '../../protocol/worker-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';

/** Milliseconds within which a machine answers. */
export const MACHINE_MS = 5000;
/** Milliseconds within which people decide. */
export const PEOPLE_MS = 120_000;
/** Milliseconds between two `wait` while people decide. */
export const WAIT_MS = 5000;
/** Milliseconds without a line after which the other side counts as gone while people decide. */
const SILENT_MS = 3 * WAIT_MS;
/** `wait` messages in one conversation; its time allows half as many. */
const MOST_WAITS = 60;

export interface Failure {
  /** `gone`: the connection broke without a reason given. */
  readonly reason: PairingEnd | 'gone';
  /** True if this side ended the conversation. */
  readonly own: boolean;
  /** Sentence for the log. */
  readonly detail: string;
  /** Range of the other side where the reason is `version` and the other side said so. */
  readonly v?: VersionRange;
}

/** Ends a conversation from within the handling of a message. */
export class Refused extends Error {
  readonly reason: PairingEnd;

  constructor(reason: PairingEnd, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Messages that users of a conversation receive. */
export type Content<Received extends ToHost | ToJoiner> = Exclude<
  Received,
  { readonly type: 'wait' | 'no' }
>;

interface Handler<Received extends ToHost | ToJoiner> {
  readonly parse: (line: string) => Received;
  /** May throw `Refused`. */
  readonly take: (message: Content<Received>) => void;
  /** Called at most once, and never after `close`. */
  readonly failed: (failure: Failure) => void;
  /** Called once after `close`. */
  readonly closed?: () => void;
}

/** @throws Refused where the versions of both sides do not overlap */
export function checkVersion(theirs: VersionRange): void {
  if (chosenVersion(theirs, PAIRING_PROTOCOL) !== null) return;
  const { low, high } = PAIRING_PROTOCOL;
  throw new Refused(
    'version',
    `the other side speaks pairing protocol ${theirs.low} to ${theirs.high}, this one ${low} to ${high}`,
  );
}

export class Conversation<Received extends ToHost | ToJoiner> {
  readonly #connection: LineConnection;
  readonly #timer: Timer;
  readonly #handler: Handler<Received>;
  #over = false;
  #waits = 0;
  #people = false;
  #cancelDeadline = (): void => undefined;
  #cancelSilence = (): void => undefined;
  #cancelWaiting = (): void => undefined;

  /** Starts with the deadline of a machine. */
  constructor(connection: LineConnection, timer: Timer, handler: Handler<Received>) {
    this.#connection = connection;
    this.#timer = timer;
    this.#handler = handler;
    this.answerWithin(MACHINE_MS);
    connection.onEnd(() =>
      this.#fail({ reason: 'gone', own: false, detail: 'the connection was closed' }),
    );
    connection.onLine((line) => this.#read(line));
  }

  get over(): boolean {
    return this.#over;
  }

  get address(): string {
    return this.#connection.address;
  }

  send(message: ToHost | ToJoiner): void {
    if (!this.#over) this.#connection.send(JSON.stringify(message));
  }

  /** Replaces the deadline: the conversation fails `ms` from now. */
  answerWithin(ms: number): void {
    this.#cancelDeadline();
    if (this.#over) return;
    this.#cancelDeadline = this.#timer.after(ms, () =>
      this.refuse('timeout', `expected an answer within ${ms / 1000} s, found none`),
    );
  }

  /** From now on people decide: both sides send `wait` until the end. */
  waitForPeople(): void {
    this.#people = true;
    this.answerWithin(PEOPLE_MS);
    this.#heard();
    const again = (): void => {
      this.#cancelWaiting = this.#timer.after(WAIT_MS, () => {
        this.send({ type: 'wait' });
        again();
      });
    };
    again();
  }

  /** Tells the other side why, and ends. */
  refuse(reason: PairingEnd, detail: string): void {
    const v = reason === 'version' ? { v: PAIRING_PROTOCOL } : {};
    this.#fail({ reason, own: true, detail }, { type: 'no', reason, ...v });
  }

  /** Ends for an error: a stranger's message never ends the process. */
  refuseFor(error: unknown): void {
    if (error instanceof Refused) this.refuse(error.reason, error.message);
    else if (error instanceof MalformedMessage) this.refuse('protocol', error.message);
    else this.refuse('refused', error instanceof Error ? error.message : String(error));
  }

  /** Ends without a failure. @param last sent before */
  close(last?: ToHost | ToJoiner): void {
    if (this.#over) return;
    this.#stop(last);
    this.#handler.closed?.();
  }

  #read(line: string): void {
    if (this.#over) return;
    if (this.#people) this.#heard();
    try {
      const message: ToHost | ToJoiner = this.#handler.parse(line);
      if (message.type === 'wait') this.#countWait();
      else if (message.type === 'no') {
        const { reason, v } = message;
        const detail = 'the other side ended the conversation';
        this.#fail({ reason, own: false, detail, ...(v === undefined ? {} : { v }) });
      } else this.#handler.take(message as Content<Received>);
    } catch (error) {
      this.refuseFor(error);
    }
  }

  #countWait(): void {
    this.#waits += 1;
    if (!this.#people || this.#waits > MOST_WAITS)
      throw new Refused('protocol', 'expected no wait at this point');
  }

  #heard(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#timer.after(SILENT_MS, () =>
      this.refuse('timeout', `expected a line within ${SILENT_MS / 1000} s, found none`),
    );
  }

  #fail(failure: Failure, last?: ToHost | ToJoiner): void {
    if (this.#over) return;
    this.#stop(last);
    this.#handler.failed(failure);
  }

  /** The other side may end the connection as soon as it has the last message. */
  #stop(last?: ToHost | ToJoiner): void {
    this.#over = true;
    this.#cancelDeadline();
    this.#cancelSilence();
    this.#cancelWaiting();
    if (last !== undefined) this.#connection.send(JSON.stringify(last));
    this.#connection.end();
  }
}
