/**
 * The node's side of its link to the host: first message and welcome, pulses, goodbyes. Contains no
 * sockets and no processes; `relay.ts` handles workers.
 */
import { MalformedMessage } from '../../protocol/message-line.ts';
import { NODE_PROTOCOL } from '../../protocol/node-messages.ts';
import type {
  FromNode,
  NodeHello,
  NodeResult,
  NodeWelcome,
  ToNode,
} from '../../protocol/node-messages.ts';
import { encodeMessage, parseTask, parseToWorker } from '../../protocol/worker-wire.ts';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../../protocol/worker-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import { linesOf } from '../../transport/lines.ts';
import type { Peer } from '../../transport/transport.ts';
import { ClockOffset } from './clock-offset.ts';
import type { ToHost } from './to-host.ts';

/** Milliseconds between two sendings of an unanswered first message. */
const AGAIN_MS = 2_000;
/** Milliseconds between two pulses where no worker runs. */
const IDLE_PULSE_MS = 1_000;
/** Milliseconds awake after which a machine that was to sleep connects again. */
const AWAKE_MS = 15_000;
/** Milliseconds between two first messages after a goodbye because of the version. */
const VERSION_AGAIN_MS = 60_000;
/** Refusals in a row, none after a welcome, that end the node: an admission may be on its way. */
const MOST_REFUSALS = 2;
/** A pulse later than this means that the process did not run. */
const STALL_MS = 500;
/** Invalid messages of the host within the window that begin a new link. */
const MOST_MALFORMED = 3;
const MALFORMED_MS = 60_000;

/** The node's ends of its channels to the host. Everything sent while they are down is dropped. */
export interface HostChannels {
  send(message: FromNode): void;
  sendResult(message: NodeResult): void;
  /** Sends one line of a worker on the control channel. */
  sendWorkerControl(peer: Peer, line: string): void;
  /** Sends one line of a worker on the results channel. */
  sendWorkerResult(peer: Peer, line: string): void;
  /** Connects to the task channel of a link. */
  joinTasks(link: number): void;
}

/** State of the channels, as their ends report it. */
export type ChannelState =
  | { readonly is: 'connecting' | 'connected' }
  /** The host's door or its access control does not accept this node. */
  | { readonly is: 'refused' };

/** Reason why the node ends. */
export type LinkEnd =
  | { readonly why: 'removed' | 'refused' | 'replaced' | 'left' }
  | { readonly why: 'version'; readonly text: string };

/** Changes of the link, for people. */
export type LinkChange =
  | { readonly kind: 'up'; readonly lab: string }
  | { readonly kind: 'down'; readonly reason: 'disconnected' | 'shutdown' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'version'; readonly text: string };

/** Messages of the host that the rest of the node handles. */
export type NodeOrder = Exclude<ToNode, { type: 'nodeWelcome' | 'hostPulse' | 'goodbye' }>;

/** Dependencies of a link on the rest of the node. */
export interface LinkParts {
  readonly channels: HostChannels;
  readonly timer: Timer;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Returns the node's first message on a link. */
  readonly describe: () => Omit<NodeHello, 'type' | 'v' | 'no'>;
  readonly pulse: () => {
    readonly silent: readonly string[];
    readonly held: readonly string[];
    readonly works: boolean;
  };
  /** Called before a pulse if this process did not run for a time, in milliseconds. */
  readonly stalled: (ms: number) => void;
  readonly welcomed: (welcome: NodeWelcome) => void;
  readonly received: (message: NodeOrder) => void;
  readonly control: (peer: Peer, message: ToWorker) => void;
  readonly task: (slot: string, message: TaskMessage) => void;
  readonly changed: (change: LinkChange) => void;
  /** The host gives this node no more work, and has ended its workers. */
  readonly drained: () => void;
  /** Called once. */
  readonly ended: (end: LinkEnd) => void;
  readonly warn: (text: string) => void;
}

export class HostLink implements ToHost {
  readonly #parts: LinkParts;
  readonly #clock = new ClockOffset();
  #no = 0;
  /** `greeting`: the first message is sent and not answered. */
  #state: 'down' | 'greeting' | 'up' | 'ended' = 'down';
  #welcomedBefore = false;
  /** True if it left because the machine sleeps. */
  #asleep = false;
  #refusals = 0;
  #pulses = 0;
  #pulseMs = 500;
  #pulseDueAt = Infinity;
  #cancelTimer: () => void = () => undefined;
  #malformed: number[] = [];

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Round-trip time and offset of the host's clock, in milliseconds; null: not measured. */
  get clock(): ClockOffset['best'] {
    return this.#clock.best;
  }

  send(message: FromNode): void {
    if (this.isUp) this.#parts.channels.send(message);
  }

  sendResult(message: NodeResult): void {
    if (this.isUp) this.#parts.channels.sendResult(message);
  }

  passControl(message: FromWorker): void {
    if (this.isUp) this.#parts.channels.sendWorkerControl(message, encodeMessage(message));
  }

  passResult(message: ResultMessage): void {
    if (this.isUp) this.#parts.channels.sendWorkerResult(message, encodeMessage(message));
  }

  /** Tells the host that this node leaves, and why. Sends nothing afterwards. */
  leave(reason: Extract<FromNode, { type: 'leaving' }>['reason']): void {
    this.send({ type: 'leaving', reason });
    this.#end({ why: 'left' });
  }

  /** Tells the host that the machine sleeps; greets it anew once the machine runs again. */
  sleep(): void {
    if (!this.isUp) return;
    this.send({ type: 'leaving', reason: 'sleep' });
    this.#down({ kind: 'down', reason: 'disconnected' });
    // Runs on only while the machine is awake, so it also covers a machine that stays awake.
    this.#after(AWAKE_MS, () => this.wake());
    this.#asleep = true;
  }

  wake(): void {
    if (this.#asleep && this.#state === 'down') this.#greetAnew();
  }

  state({ is }: ChannelState): void {
    if (this.#state === 'ended') return;
    if (is === 'connected') this.#greetAnew();
    else if (is === 'refused') this.#refused();
    else this.#down({ kind: 'down', reason: 'disconnected' });
  }

  message(message: ToNode): void {
    if (this.#state === 'ended') return;
    if (message.type === 'nodeWelcome') this.#welcome(message);
    else if (message.type === 'goodbye') this.#goodbye(message);
    else if (message.type === 'hostPulse') {
      const { timer, wallClock } = this.#parts;
      this.#clock.answered(message.n, message.at, timer.now(), wallClock());
    } else if (this.isUp) this.#parts.received(message);
  }

  /** @param lines separated by line feeds */
  control(peer: Peer, lines: string): void {
    this.#each(lines, (line) => this.#parts.control(peer, parseToWorker(line)));
  }

  /** @param lines separated by line feeds */
  tasks({ slot }: Peer, lines: string): void {
    this.#each(lines, (line) => this.#parts.task(slot, parseTask(line)));
  }

  /** Several invalid messages within a time begin a new link. */
  malformed(error: string): void {
    if (this.#state === 'ended') return;
    this.#parts.warn(`the host sent an invalid message: ${error}`);
    const now = this.#parts.timer.now();
    this.#malformed = [...this.#malformed, now].filter((at) => now - at <= MALFORMED_MS);
    if (this.#malformed.length < MOST_MALFORMED || !this.isUp) return;
    this.#malformed = [];
    this.#greetAnew();
  }

  #each(lines: string, take: (line: string) => void): void {
    for (const line of linesOf(lines)) {
      if (!this.isUp) return;
      try {
        take(line);
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
        this.malformed(error.message);
      }
    }
  }

  #greetAnew(): void {
    this.#asleep = false;
    this.#no += 1;
    this.#state = 'greeting';
    this.#greet();
  }

  #greet(): void {
    const { channels, describe } = this.#parts;
    channels.send({ type: 'node', v: NODE_PROTOCOL, no: this.#no, ...describe() });
    this.#after(AGAIN_MS, () => this.#greet());
  }

  /** Ignores a welcome that answers an earlier message. */
  #welcome(welcome: NodeWelcome): void {
    if (this.#state !== 'greeting' || welcome.no !== this.#no) return;
    const { channels, changed, welcomed } = this.#parts;
    this.#state = 'up';
    this.#welcomedBefore = true;
    this.#refusals = 0;
    this.#pulses = 0;
    this.#pulseMs = welcome.pulseMs;
    this.#pulseDueAt = Infinity;
    this.#clock.restart();
    channels.joinTasks(welcome.link);
    changed({ kind: 'up', lab: welcome.lab });
    welcomed(welcome);
    this.#pulse();
  }

  #goodbye({ reason, text }: Extract<ToNode, { type: 'goodbye' }>): void {
    switch (reason) {
      case 'removed':
      case 'replaced':
        this.#end({ why: reason });
        return;
      case 'drained':
        this.#parts.drained();
        return;
      case 'version': {
        const why = text ?? 'the host speaks another version of the protocol';
        if (!this.#welcomedBefore) {
          this.#end({ why: 'version', text: why });
          return;
        }
        this.#down({ kind: 'version', text: why });
        this.#after(VERSION_AGAIN_MS, () => this.#greetAnew());
        return;
      }
      case 'shutdown':
        this.#down({ kind: 'down', reason: 'shutdown' });
        return;
      default:
        reason satisfies never;
    }
  }

  #refused(): void {
    this.#refusals += 1;
    if (!this.#welcomedBefore && this.#refusals >= MOST_REFUSALS) this.#end({ why: 'refused' });
    else this.#down({ kind: 'refused' });
  }

  #pulse(): void {
    const { timer, pulse, stalled } = this.#parts;
    const now = timer.now();
    if (now - this.#pulseDueAt > STALL_MS) stalled(now - this.#pulseDueAt);
    const { silent, held, works } = pulse();
    const clock = this.#clock.best;
    this.#pulses += 1;
    this.#clock.sent(this.#pulses, now);
    this.send({
      type: 'pulse',
      n: this.#pulses,
      silent: [...silent],
      held: [...held],
      rttMs: clock?.rttMs ?? null,
      offsetMs: clock?.offsetMs ?? null,
    });
    const nextMs = works ? this.#pulseMs : Math.max(this.#pulseMs, IDLE_PULSE_MS);
    this.#pulseDueAt = now + nextMs;
    this.#after(nextMs, () => this.#pulse());
  }

  #down(change: LinkChange): void {
    const wasDown = this.#state === 'down';
    this.#state = 'down';
    this.#cancelTimer();
    if (!wasDown || change.kind !== 'down') this.#parts.changed(change);
  }

  #end(end: LinkEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#cancelTimer();
    this.#parts.ended(end);
  }

  #after(ms: number, work: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.timer.after(ms, work);
  }
}
