/**
 * The window's side of the endpoint table, typed, over whatever bridge the host gives: calls that
 * answer or throw an `EndpointFailure`, and subscriptions that mend themselves. A gap in the
 * numbers or a wake from sleep asks for a snapshot, a lost connection subscribes again when it is
 * back. Messages are laid over the state once a frame and only then acknowledged, so that a window
 * that shows nothing is sent nothing. What the messages mean is `state/`'s.
 */
import type { Bridge, StreamAnswer, StreamRequest } from '../protocol/endpoint.ts';
import type {
  CallInput,
  CallName,
  CallOutput,
  Commands,
  Native,
  Queries,
  SubscriptionBody,
  SubscriptionInput,
  SubscriptionName,
} from '../protocol/endpoints.ts';
import { EndpointFailure, toFailure } from './failure.ts';

export interface Listener<Body> {
  /** `snapshot`: it replaces what is held; otherwise it is laid over it. */
  on(body: Body, snapshot: boolean): void;
  /** The subscription is over. */
  failed?(failure: EndpointFailure): void;
}

interface Subscription {
  readonly id: number;
  readonly name: SubscriptionName;
  readonly input: unknown;
  readonly listener: Listener<unknown>;
  /** Of the message applied last; null: nothing but a snapshot will do. */
  seq: number | null;
}

/** Calls `apply` soon, at most once for all messages of a frame. */
export type Schedule = (apply: () => void) => void;

type StreamState = 'opening' | 'open' | 'lost' | 'refused';

export class Client {
  readonly host: Bridge['host'];
  readonly #bridge: Bridge<File>;
  readonly #schedule: Schedule;
  readonly #onState: (state: StreamState) => void;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #stream: { send(request: StreamRequest): void; close(): void };
  #arrived: StreamAnswer[] = [];
  #nextId = 0;
  #state: StreamState = 'opening';

  constructor(
    bridge: Bridge<File>,
    schedule: Schedule = onFrame,
    onState: (state: StreamState) => void = () => undefined,
  ) {
    this.host = bridge.host;
    this.#bridge = bridge;
    this.#schedule = schedule;
    this.#onState = onState;
    this.#stream = bridge.stream(
      (answer) => this.#receive(answer),
      (state) => this.#connection(state),
    );
  }

  query<Name extends keyof Queries>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    return this.#call(name, input);
  }

  command<Name extends keyof Commands>(
    name: Name,
    input: CallInput<Name>,
  ): Promise<CallOutput<Name>> {
    return this.#call(name, input);
  }

  /** Only where `host` is `electron`. */
  native<Name extends keyof Native>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    return this.#call(name, input);
  }

  /** @returns how to end it */
  subscribe<Name extends SubscriptionName>(
    name: Name,
    input: SubscriptionInput<Name>,
    listener: Listener<SubscriptionBody<Name>>,
  ): () => void {
    const subscription: Subscription = {
      id: this.#nextId++,
      name,
      input,
      listener: listener,
      seq: null,
    };
    this.#subscriptions.set(subscription.id, subscription);
    if (this.#state === 'open') this.#open(subscription);
    return () => {
      if (this.#subscriptions.delete(subscription.id) && this.#state === 'open') {
        this.#stream.send({ op: 'unsubscribe', id: subscription.id });
      }
    };
  }

  /** The machine slept, or the window lost trust in what it holds: snapshots of everything. */
  refresh(): void {
    for (const subscription of this.#subscriptions.values()) this.#again(subscription);
  }

  pathOf(file: File): string | null {
    return this.#bridge.pathOf(file);
  }

  get upload(): Bridge<File>['upload'] {
    return this.#bridge.upload;
  }

  /** Shows a host that refuses the stream its link. @returns whether it was accepted */
  async admit(link: string): Promise<boolean> {
    return (await this.#bridge.admit?.(link)) ?? false;
  }

  close(): void {
    this.#subscriptions.clear();
    this.#stream.close();
  }

  async #call<Name extends CallName>(
    name: Name,
    input: CallInput<Name>,
  ): Promise<CallOutput<Name>> {
    const answer = await this.#bridge.call(name, input);
    if (!answer.ok) throw new EndpointFailure(answer.error);
    // The host answers by the same table; it has parsed what it read.
    return answer.value as CallOutput<Name>;
  }

  #connection(state: 'open' | 'lost' | 'refused'): void {
    const reopened = state === 'open' && this.#state !== 'open';
    this.#state = state;
    if (state !== 'open') this.#arrived = [];
    if (reopened) for (const subscription of this.#subscriptions.values()) this.#open(subscription);
    this.#onState(state);
  }

  #open(subscription: Subscription): void {
    subscription.seq = null;
    this.#stream.send({
      op: 'subscribe',
      id: subscription.id,
      name: subscription.name,
      input: subscription.input,
    });
  }

  #again(subscription: Subscription): void {
    subscription.seq = null;
    if (this.#state === 'open') this.#stream.send({ op: 'again', id: subscription.id });
  }

  #receive(answer: StreamAnswer): void {
    this.#arrived.push(answer);
    if (this.#arrived.length === 1) this.#schedule(() => this.#applyArrived());
  }

  #applyArrived(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const answer of arrived) this.#apply(answer);
  }

  #apply(answer: StreamAnswer): void {
    const subscription = this.#subscriptions.get(answer.id);
    if (subscription === undefined) return;
    if (answer.op === 'failed') {
      this.#fail(subscription, new EndpointFailure(answer.error));
      return;
    }
    const { seq, snapshot, body } = answer;
    if (!snapshot) {
      // Deltas that were under way when a snapshot was asked for.
      if (subscription.seq === null) return;
      if (seq !== subscription.seq + 1) {
        this.#again(subscription);
        return;
      }
    }
    try {
      subscription.listener.on(body, snapshot);
    } catch (error) {
      this.#fail(subscription, toFailure(error));
      throw error;
    }
    subscription.seq = seq;
    this.#stream.send({ op: 'took', id: subscription.id, seq });
  }

  #fail(subscription: Subscription, failure: EndpointFailure): void {
    this.#subscriptions.delete(subscription.id);
    subscription.listener.failed?.(failure);
  }
}

/** With the next frame; in a window that is not painted, once a second. */
export const onFrame: Schedule = (apply) => {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    apply();
  };
  const timer = setTimeout(once, 1000);
  const frame = requestAnimationFrame(once);
};

/**
 * Calls `woke` after the clock jumped: the machine slept. Timers of a hidden window run at least
 * once a minute. @returns how to end it
 */
export function onWake(woke: () => void, now: () => number = Date.now): () => void {
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    if (at - last > 90_000) woke();
    last = at;
  }, 10_000);
  return () => clearInterval(timer);
}
