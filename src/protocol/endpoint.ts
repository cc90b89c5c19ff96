/**
 * Kinds of endpoints: a query (reads), a command (changes), a subscription (a snapshot, then
 * deltas), and native calls that only a desktop host can carry out. Contains the schema helpers and
 * the derived types of handlers and clients; the endpoints themselves are in `endpoints.ts`.
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

/** Input of a client: fields with defaults may be absent. */
export type InputOf<C> = C extends Call<infer In> ? z.input<In> : never;
/** Input of a handler, after parsing. */
export type ParsedOf<C> = C extends Call<infer In> ? z.output<In> : never;
export type OutputOf<C> = C extends Call<z.ZodType, infer Out> ? z.output<Out> : never;

/** Structural type of the DOM's and Node's `AbortSignal`, which this layer does not see. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** The caller, and the signal that it no longer needs the answer. */
export interface CallContext {
  readonly host: 'electron' | 'server';
  /** Aborted when the client has disconnected or cancelled. */
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
 * Errors travel as a code and its data; the renderer has the wording and the severity. `data` may
 * contain `message` (the sentence of the thrown error), `file`, `place`, `expected`, `found`,
 * `hint`, and `problems` as in `core/errors.ts`.
 */
export const endpointError = z.strictObject({
  code: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EndpointError = z.output<typeof endpointError>;

/** An answer as every binding transports it. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: EndpointError };

/**
 * One message of a stream: `snapshot` replaces the client's state, a delta is merged into it.
 * Numbers rise by one; after a gap the client asks for a snapshot.
 */
export interface StreamMessage<Body = unknown> {
  readonly seq: number;
  readonly snapshot: boolean;
  readonly body: Body;
}

/**
 * One client's view of changing state. Queues nothing: `take` returns the changes since the last
 * call, so a slow client gets the latest state. Implemented beside the handlers; bindings call it
 * at most once a frame and only after the client has acknowledged the previous message.
 */
export interface Feed<Body> {
  /**
   * Returns null if nothing has changed. The first message after opening, or after `restart`, is a
   * snapshot.
   */
  take(): StreamMessage<Body> | null;
  /** Makes the next message a snapshot. */
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

/** Requests of a client; one stream of them for each connection. */
export const streamRequest = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    id: z.int().min(0),
    name: z.string(),
    input: z.unknown(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id: z.int().min(0) }),
  /** Asks for a snapshot, after a gap or after the machine slept. */
  z.strictObject({ op: z.literal('again'), id: z.int().min(0) }),
  /** Acknowledges a message: the client has merged it and accepts the next. */
  z.strictObject({ op: z.literal('took'), id: z.int().min(0), seq: z.int().min(0) }),
]);
export type StreamRequest = z.output<typeof streamRequest>;

/** Answers of a host. */
export type StreamAnswer =
  | ({ readonly op: 'message'; readonly id: number } & StreamMessage)
  | { readonly op: 'failed'; readonly id: number; readonly error: EndpointError };

/**
 * Interface that the host gives the window: as `window.galapagos` by the preload script, or by the
 * browser's binding over HTTP and a WebSocket. The renderer's typed client is built on it.
 */
export interface Bridge<Dropped = unknown> {
  readonly host: 'electron' | 'server';
  call(name: string, input: unknown): Promise<Answer>;
  /**
   * Opens the stream of answers. @returns functions that send and that end it. `onState` reports a
   * lost connection, a host that refuses it, and its return.
   */
  stream(
    onAnswer: (answer: StreamAnswer) => void,
    onState: (state: 'open' | 'lost' | 'refused') => void,
  ): { send(request: StreamRequest): void; close(): void };
  /**
   * Returns the path of a dropped or chosen file; null where the host cannot know it, so that the
   * file must be uploaded.
   */
  pathOf(file: Dropped): string | null;
  /**
   * Presents the link, or the token in it, to a host that refused the stream; null where no host
   * refuses.
   * @returns whether the host accepted it: the stream then continues
   */
  admit: ((link: string) => Promise<boolean>) | null;
  /**
   * Uploads a file that has no path; null where uploads are not needed. @returns the id for
   * `source.upload`
   */
  upload:
    | ((
        files: readonly { readonly path: string; readonly file: Dropped }[],
        progress: (bytes: number) => void,
        signal: Cancellation,
      ) => Promise<string>)
    | null;
}
