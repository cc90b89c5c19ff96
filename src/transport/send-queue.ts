/**
 * Queue of one socket, which takes one `send` at a time. Messages leave after the current code has
 * run; messages for one destination that are queued together, or during a send, share one frame.
 * Drops a frame that cannot be sent and never retries.
 */

/** Characters of one frame, unless a single message is longer. */
const FRAME_CHARACTERS = 128 * 1024;

/** @template To destination of a frame; one value where a socket has one destination */
export class SendQueue<To> {
  readonly #send: (to: To, frame: string) => Promise<void>;
  /** Lines by destination, in order of the first line. */
  readonly #waiting = new Map<To, string[]>();
  #draining: Promise<void> | null = null;
  #closed = false;

  /** @param send resolves when the socket takes the next frame; a rejection drops the frame */
  constructor(send: (to: To, frame: string) => Promise<void>) {
    this.#send = send;
  }

  push(to: To, line: string): void {
    if (this.#closed) return;
    const lines = this.#waiting.get(to);
    if (lines === undefined) this.#waiting.set(to, [line]);
    else lines.push(line);
    this.#draining ??= this.#drain();
  }

  /** Resolves when the queue is empty. */
  async empty(): Promise<void> {
    await this.#draining;
  }

  /** Drops queued messages and all later ones. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    for (
      let next = this.#waiting.entries().next();
      next.done !== true;
      next = this.#waiting.entries().next()
    ) {
      const [to, lines] = next.value;
      this.#waiting.delete(to);
      for (let from = 0; from < lines.length && !this.#closed;) {
        const end = frameEnd(lines, from);
        try {
          await this.#send(
            to,
            end === from + 1 ? (lines[from] ?? '') : lines.slice(from, end).join('\n'),
          );
        } catch {
          // No such peer, or the socket is closed: dropped, as the transport's contract says.
        }
        from = end;
      }
    }
    this.#draining = null;
  }
}

/** Returns the end of the frame that begins with line `from`: at least one line. */
function frameEnd(lines: readonly string[], from: number): number {
  let characters = lines[from]?.length ?? 0;
  let end = from + 1;
  for (; end < lines.length; end++) {
    characters += (lines[end]?.length ?? 0) + 1;
    if (characters > FRAME_CHARACTERS) break;
  }
  return end;
}
