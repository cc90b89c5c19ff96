/**
 * Typed client of the endpoint table over the host's bridge: calls that answer or throw
 * `EndpointFailure`, and subscriptions that recover by themselves. After a gap in the sequence
 * numbers or a wake from sleep the client requests a snapshot; after a lost connection it
 * subscribes again. It merges messages into the state once a frame and acknowledges them only then,
 * so a hidden window receives little. The modules in `state/` interpret the messages.
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
  /** @param snapshot whether the body replaces the state; otherwise it is merged into it */
  on(body: Body, snapshot: boolean): void;
  /** Called when the subscription has ended with a failure. */
  failed?(failure: EndpointFailure): void;
}

interface Subscription {
  readonly id: number;
  readonly name: SubscriptionName;
  readonly input: unknown;
  readonly listener: Listener<unknown>;
  /** Sequence number of the last message that was applied; null while a snapshot is required. */
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

  /** Calls an endpoint that exists only where `host` is `electron`. */
  native<Name extends keyof Native>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    return this.#call(name, input);
  }

  /** @returns a function that ends the subscription */
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

  /** Requests snapshots of everything: the machine slept, or the state may be wrong. */
  refresh(): void {
    for (const subscription of this.#subscriptions.values()) this.#again(subscription);
  }

  pathOf(file: File): string | null {
    return this.#bridge.pathOf(file);
  }

  get upload(): Bridge<File>['upload'] {
    return this.#bridge.upload;
  }

  /**
   * Sends a new link to a host that refuses the stream.
   * @returns whether the host accepted it
   */
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
    // The host parses with the same endpoint table.
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
      // Ignores deltas that were sent before the requested snapshot.
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

/** Runs with the next animation frame; in a window that is not painted, once a second. */
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
 * Calls `woke` after the clock jumped, which means that the machine slept. Timers of a hidden
 * window run at least once a minute.
 * @returns a function that stops watching
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
