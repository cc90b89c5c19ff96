/**
 * The reader's end of a data channel: questions out, answers in, matched by number. Knows frames
 * only, not sockets, and has no time limit: readers give up slow sources by their own clock.
 */
import { MalformedMessage } from '../../protocol/message-line.ts';
import {
  NO_BYTES,
  parseDataAnswer,
  parseDataRequest,
  type DataAnswer,
  type DataRequest,
  type DataRequestHead,
} from '../../protocol/data-messages.ts';

type WithoutNumber<Head> = Head extends unknown ? Omit<Head, 'no'> : never;
/** A request without its number, which the channel assigns. */
export type DataQuestion = WithoutNumber<DataRequestHead>;

/** Frames of a message: its line and its body. */
export type DataFrames = readonly [line: string, body: Uint8Array];

export function framesOf({ head, body }: DataRequest | DataAnswer): DataFrames {
  return [JSON.stringify(head), body];
}

/** @throws MalformedMessage */
export function readRequest(frames: readonly Uint8Array[]): DataRequest {
  return parseDataRequest(...twoFrames(frames));
}

/** @throws MalformedMessage */
export function readAnswer(frames: readonly Uint8Array[]): DataAnswer {
  return parseDataAnswer(...twoFrames(frames));
}

function twoFrames(frames: readonly Uint8Array[]): DataFrames {
  const [line, body] = frames;
  if (line === undefined || body === undefined || frames.length !== 2)
    throw new MalformedMessage('malformed', `expected 2 frames, found ${frames.length}`);
  return [Buffer.from(line.buffer, line.byteOffset, line.length).toString(), body];
}

/** The channel was closed, or its connection lost, before the answer came. */
export class ChannelLost extends Error {}

/** One machine that chunks are read from. */
export interface DataSource {
  /**
   * @param body a bitmap, for questions that have one
   * @throws ChannelLost
   */
  ask(question: DataQuestion, body?: Uint8Array): Promise<DataAnswer>;
  /** Calls back after each connection. @returns a function that ends it */
  onReady(ready: () => void): () => void;
  close(): void;
}

/** Answers one request of a reader. Never rejects. */
export type ServeData = (reader: string, request: DataRequest) => Promise<DataAnswer>;

interface Waiting {
  readonly resolve: (answer: DataAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** A source behind a channel that carries frames. */
export class FrameSource implements DataSource {
  readonly #send: (frames: DataFrames) => Promise<void>;
  readonly #closed: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready = new Set<() => void>();
  #no = 0;
  #open = true;

  /**
   * @param send rejects if the frames cannot be sent now
   * @param closed called once by `close`
   */
  constructor(send: (frames: DataFrames) => Promise<void>, closed: () => void = () => undefined) {
    this.#send = send;
    this.#closed = closed;
  }

  ask(question: DataQuestion, body: Uint8Array = NO_BYTES): Promise<DataAnswer> {
    if (!this.#open) return Promise.reject(new ChannelLost('closed'));
    this.#no += 1;
    const no = this.#no;
    const head = { ...question, no } as DataRequestHead;
    return new Promise((resolve, reject) => {
      this.#waiting.set(no, { resolve, reject });
      this.#send(framesOf({ head, body })).catch((error: unknown) => {
        this.#waiting.delete(no);
        reject(new ChannelLost('not sent', { cause: error }));
      });
    });
  }

  /**
   * Takes the frames of an answer. Drops answers that nothing waits for. @throws MalformedMessage
   */
  receive(frames: readonly Uint8Array[]): void {
    const answer = readAnswer(frames);
    const waiting = this.#waiting.get(answer.head.no);
    this.#waiting.delete(answer.head.no);
    waiting?.resolve(answer);
  }

  /** The connection is lost: fails what waits for an answer. */
  lost(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new ChannelLost('the connection was lost'));
  }

  /** The connection is established, perhaps anew: earlier questions are not answered any more. */
  connected(): void {
    this.lost();
    for (const ready of [...this.#ready]) ready();
  }

  onReady(ready: () => void): () => void {
    this.#ready.add(ready);
    return () => this.#ready.delete(ready);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.lost();
    this.#closed();
  }
}
