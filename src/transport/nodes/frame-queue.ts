/** Messages of several frames to one socket, which takes one `send` at a time. */
import type { Writable } from 'zeromq';

type Frames = readonly (string | Uint8Array)[];

/** Returns the length of a message. */
export function bytesOf(frames: readonly Buffer[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}

export class FrameQueue {
  readonly #socket: Writable<(string | Buffer)[]>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(socket: Writable<(string | Buffer)[]>) {
    this.#socket = socket;
  }

  /**
   * Resolves when the socket has taken the message.
   * @throws Error when the other side is unknown or the socket is closed
   */
  send(frames: Frames): Promise<void> {
    const sent = this.#last.then(() => this.#socket.send(frames.map(sendable)));
    this.#last = sent.catch(() => undefined);
    return sent;
  }
}

function sendable(frame: string | Uint8Array): string | Buffer {
  if (typeof frame === 'string') return frame;
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length);
}
