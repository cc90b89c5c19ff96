/**
 * What an endpoint is: a query (reads), a command (changes), a subscription (a snapshot, then
 * deltas) or something only a desktop host can do. Schemas in, schemas out, and the types that
 * handlers and clients are derived from. The endpoints themselves are in `endpoints.ts`.
 */
import { z } from 'zod';

export interface Call<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly input: In;
  readonly output: Out;
}

export function call<In extends z.ZodType, Out extends z.ZodType>(
  input: In,
  output: Out,
): Call<In, Out> {
  return { input, output };
}

export type Calls = Readonly<Record<string, Call>>;

/** What a client may send: defaults may be left out. */
export type InputOf<C> = C extends Call<infer In> ? z.input<In> : never;
/** What a handler is given. */
export type ParsedOf<C> = C extends Call<infer In> ? z.output<In> : never;
export type OutputOf<C> = C extends Call<z.ZodType, infer Out> ? z.output<Out> : never;

/** As the DOM's and Node's `AbortSignal`, which this layer does not see. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** Who calls, and until when the answer is wanted. */
export interface CallContext {
  readonly host: 'electron' | 'server';
  /** Aborted when the client is gone or gave up. */
  readonly signal: Cancellation;
}

/** A missing handler, or one of another type, does not compile. */
export type HandlersOf<Table extends Calls> = {
  readonly [Name in keyof Table]: (
    input: ParsedOf<Table[Name]>,
    context: CallContext,
  ) => Promise<OutputOf<Table[Name]>> | OutputOf<Table[Name]>;
};

/**
 * Errors cross as a code and what it is about; words and severity live in the renderer. `data` may
 * hold `message` (the sentence of whoever threw it), `file`, `place`, `expected`, `found`, `hint`,
 * and `problems` as in `core/errors.ts`.
 */
export const endpointError = z.strictObject({
  code: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EndpointError = z.output<typeof endpointError>;

/** How an answer travels, whatever the binding. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: EndpointError };

/**
 * One stream's message: `snapshot` replaces what the client holds, a delta is laid over it. Numbers
 * rise by one: a gap asks for a snapshot.
 */
export interface StreamMessage<Body = unknown> {
  readonly seq: number;
  readonly snapshot: boolean;
  readonly body: Body;
}

/**
 * One client's view of something that changes. Nothing is queued: `take` gives what changed since
 * the last one, so that a slow client gets the latest state. Implemented beside the handlers;
 * bindings pump it, at most once a frame and only when the client took what was sent before.
 */
export interface Feed<Body> {
  /** Null: nothing new. The first one after opening, or after `restart`, is a snapshot. */
  take(): StreamMessage<Body> | null;
  /** The next `take` is a snapshot. */
  restart(): void;
  close(): void;
}

export type SubscriptionsOf<Table extends Calls> = {
  readonly [Name in keyof Table]: (
    input: ParsedOf<Table[Name]>,
    changed: () => void,
    context: CallContext,
  ) => Feed<OutputOf<Table[Name]>>;
};

/** From a client to its host, one stream of them a connection. */
export const streamRequest = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    id: z.int().min(0),
    name: z.string(),
    input: z.unknown(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id: z.int().min(0) }),
  /** A gap was seen, or the machine slept. */
  z.strictObject({ op: z.literal('again'), id: z.int().min(0) }),
  /** The message was laid over what the client holds: the next may come. */
  z.strictObject({ op: z.literal('took'), id: z.int().min(0), seq: z.int().min(0) }),
]);
export type StreamRequest = z.output<typeof streamRequest>;

/** From a host to its client. */
export type StreamAnswer =
  | ({ readonly op: 'message'; readonly id: number } & StreamMessage)
  | { readonly op: 'failed'; readonly id: number; readonly error: EndpointError };

/**
 * What the window is given by its host: by the preload script as `window.galapagos`, or by the
 * browser's own binding over HTTP and a WebSocket. The typed client of the renderer stands on this.
 */
export interface Bridge<Dropped = unknown> {
  readonly host: 'electron' | 'server';
  call(name: string, input: unknown): Promise<Answer>;
  /**
   * Opens the stream of answers; @returns how to send, and how to end it. `onState` tells of a lost
   * connection, of a host that refuses it, and of its return.
   */
  stream(
    onAnswer: (answer: StreamAnswer) => void,
    onState: (state: 'open' | 'lost' | 'refused') => void,
  ): { send(request: StreamRequest): void; close(): void };
  /** The path of a dropped or chosen file; null where the host cannot know: then it is uploaded. */
  pathOf(file: Dropped): string | null;
  /**
   * Shows the host its link, or the token in it, after it refused the stream; null where no host
   * refuses.
   * @returns whether it was accepted: the stream comes back then
   */
  admit: ((link: string) => Promise<boolean>) | null;
  /**
   * Uploads what has no path; null where there is no need to. @returns what `source.upload` names
   */
  upload:
    | ((
        files: readonly { readonly path: string; readonly file: Dropped }[],
        progress: (bytes: number) => void,
        signal: Cancellation,
      ) => Promise<string>)
    | null;
}
