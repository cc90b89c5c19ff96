/** A line connection over a TCP connection of this thread. */
import type { Socket } from 'node:net';
import { PAIR_CHANNEL, firstLine } from './first-line.ts';
import { plainAddress } from './limits.ts';
import { MAX_PAIR_LINE_BYTES } from './line-connection.ts';
import type { LineConnection } from './line-connection.ts';
import { dial } from './splice.ts';

/** Most lines of one conversation; none needs a quarter of them. */
const MOST_LINES = 256;
/** Milliseconds in which an ended connection must take its last lines. */
const LAST_LINES_MS = 1_000;

/** Reason for which this side ended a connection. */
export type Breach = 'flood';

export class SocketLines implements LineConnection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #breached: (breach: Breach) => void;
  readonly #began: () => void;
  #take: ((line: string) => void) | null = null;
  #ended: (() => void) | null = null;
  #isOver = false;
  #isEnding = false;
  #waiting: string[] = [];
  #lines = 0;
  #partial: Buffer = Buffer.alloc(0);

  /**
   * @param breached called once when a line or the number of lines is beyond the limits
   * @param began called once when the first line has arrived, before it is handed over
   */
  constructor(
    socket: Socket,
    breached: (breach: Breach) => void = () => undefined,
    began: () => void = () => undefined,
  ) {
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.#socket = socket;
    this.#breached = breached;
    this.#began = began;
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#over());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  /** True if a line has arrived. */
  get hasBegun(): boolean {
    return this.#lines > 0;
  }

  send(line: string): void {
    if (this.#socket.writable) this.#socket.write(`${line}\n`);
  }

  end(): void {
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#isEnding = true;
    this.#socket.end();
    this.#socket.setTimeout(LAST_LINES_MS, () => this.#socket.destroy());
  }

  onLine(take: (line: string) => void): void {
    this.#take = take;
    for (const line of this.#waiting.splice(0)) take(line);
  }

  onEnd(ended: () => void): void {
    if (this.#isOver) queueMicrotask(ended);
    else this.#ended = ended;
  }

  #read(chunk: Buffer): void {
    let rest = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      if (end > MAX_PAIR_LINE_BYTES) {
        this.#breach();
        return;
      }
      this.#line(rest.subarray(0, end).toString());
      if (this.#socket.destroyed) return;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_PAIR_LINE_BYTES) this.#breach();
    else this.#partial = Buffer.from(rest);
  }

  #line(line: string): void {
    if (++this.#lines === 1) this.#began();
    if (this.#lines > MOST_LINES) this.#breach();
    else if (this.#take === null) this.#waiting.push(line);
    else this.#take(line);
  }

  #breach(): void {
    this.#socket.destroy();
    this.#breached('flood');
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended?.();
  }
}

/**
 * Opens a pairing conversation with the host at an address.
 * @param timeoutMs milliseconds in which the connection must be established
 * @throws Error when it cannot be established
 */
export function dialPair(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs = 2_000,
): Promise<LineConnection> {
  return new Promise((resolve, reject) => {
    const socket = dial({ host, port });
    const late = setTimeout(
      () => socket.destroy(new Error(`no answer from ${host}:${port} in ${timeoutMs} ms`)),
      timeoutMs,
    );
    const failed = (error: Error): void => {
      clearTimeout(late);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(late);
      socket.off('error', failed);
      socket.write(firstLine(PAIR_CHANNEL));
      resolve(new SocketLines(socket));
    });
  });
}
