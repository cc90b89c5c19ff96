/**
 * Sends the subscriptions of one connection: at most one message a frame for each, and none before
 * the client has acknowledged the previous one. Later changes are part of the next message; nothing
 * is queued. Not a transport: bindings pass `send` and call `receive`.
 */
import type { z } from 'zod';
import type {
  CallContext,
  Calls,
  EndpointError,
  Feed,
  StreamAnswer,
  StreamRequest,
  SubscriptionsOf,
} from '../../protocol/endpoint.ts';
import { check } from '../../protocol/problems.ts';
import { toEndpointError } from '../calls/errors.ts';

/** Milliseconds. */
const FRAME = 16;
/** Greatest number of subscriptions of one connection, since each costs work with every change. */
const MOST_OPEN = 256;

interface Open {
  readonly feed: Feed<unknown>;
  /** Number of the message that the client has not acknowledged; null: none. */
  waiting: number | null;
  changed: boolean;
}

export class FeedPump<Table extends Calls> {
  readonly #table: Table;
  readonly #subscriptions: SubscriptionsOf<Table>;
  readonly #send: (answer: StreamAnswer) => void;
  readonly #context: CallContext;
  readonly #open = new Map<number, Open>();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    table: Table,
    subscriptions: SubscriptionsOf<Table>,
    send: (answer: StreamAnswer) => void,
    context: CallContext,
  ) {
    this.#table = table;
    this.#subscriptions = subscriptions;
    this.#send = send;
    this.#context = context;
  }

  receive(request: StreamRequest): void {
    switch (request.op) {
      case 'subscribe':
        this.#subscribe(request.id, request.name, request.input);
        return;
      case 'unsubscribe':
        this.#open.get(request.id)?.feed.close();
        this.#open.delete(request.id);
        return;
      case 'again': {
        const open = this.#open.get(request.id);
        if (open === undefined) return;
        open.feed.restart();
        open.waiting = null;
        this.#changed(open);
        return;
      }
      case 'took': {
        const open = this.#open.get(request.id);
        if (open?.waiting !== request.seq) return;
        open.waiting = null;
        if (open.changed) this.#schedule();
        return;
      }
      default:
        request satisfies never;
    }
  }

  /** Ends all subscriptions; called when the client has disconnected. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const { feed } of this.#open.values()) feed.close();
    this.#open.clear();
  }

  #subscribe(id: number, name: string, input: unknown): void {
    const fail = (code: EndpointError['code'], data: EndpointError['data']): void => {
      this.#send({ op: 'failed', id, error: { code, data } });
    };
    if (this.#open.has(id)) {
      fail('bad-request', { message: `subscription ${id} is open already` });
      return;
    }
    if (this.#open.size >= MOST_OPEN) {
      const [expected, found] = [
        `at most ${MOST_OPEN} subscriptions of one connection`,
        'one more',
      ];
      fail('too-many', { message: `expected ${expected}, found ${found}`, expected, found });
      return;
    }
    const schema: z.ZodType | undefined = Object.hasOwn(this.#table, name)
      ? this.#table[name]?.input
      : undefined;
    if (schema === undefined) {
      fail('unknown-endpoint', { name });
      return;
    }
    const parsed = check(schema, input);
    if (!parsed.ok) {
      fail('invalid-input', { source: name, problems: parsed.problems });
      return;
    }
    try {
      let open: Open | undefined = undefined as Open | undefined;
      // The feed's type is derived from the schema that parsed the input.
      const begin = this.#subscriptions[name] as (
        input: unknown,
        changed: () => void,
        context: CallContext,
      ) => Feed<unknown>;
      const feed = begin(
        parsed.value,
        () => open !== undefined && this.#changed(open),
        this.#context,
      );
      open = { feed, waiting: null, changed: true };
      this.#open.set(id, open);
      this.#flush();
    } catch (error) {
      const { code, data } = toEndpointError(error);
      fail(code, data);
    }
  }

  #changed(open: Open): void {
    open.changed = true;
    if (open.waiting === null) this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#flush();
    }, FRAME);
  }

  #flush(): void {
    for (const [id, open] of this.#open) {
      if (!open.changed || open.waiting !== null) continue;
      open.changed = false;
      try {
        const message = open.feed.take();
        if (message === null) continue;
        open.waiting = message.seq;
        this.#send({ op: 'message', id, ...message });
      } catch (error) {
        open.feed.close();
        this.#open.delete(id);
        this.#send({ op: 'failed', id, error: toEndpointError(error) });
      }
    }
  }
}
