/**
 * Messages waiting for one socket, which takes one `send` at a time. They leave as soon as the code
 * that hands them over has run: what it hands over together, or while a send is under way, leaves
 * in one frame a destination. A frame that cannot be sent is dropped: nothing here retries.
 */

/** Characters of one frame, unless a single message is longer. */
const FRAME_CHARACTERS = 128 * 1024;

/** @template To where a frame goes; one value where a socket has one destination */
export class Outbox<To> {
  readonly #send: (to: To, frame: string) => Promise<void>;
  /** Lines by destination, in order of their first. */
  readonly #waiting = new Map<To, string[]>();
  #draining: Promise<void> | null = null;
  #closed = false;

  /** @param send resolves when the socket takes the next frame; its rejection drops the frame */
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

  /** Resolves when nothing waits. */
  async empty(): Promise<void> {
    await this.#draining;
  }

  /** Drops what waits, and everything after. */
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
          // Nobody there, or the socket closed: dropped, as the transport's contract says.
        }
        from = end;
      }
    }
    this.#draining = null;
  }
}

/** The end of the frame that begins with line `from`: at least one line. */
function frameEnd(lines: readonly string[], from: number): number {
  let characters = lines[from]?.length ?? 0;
  let end = from + 1;
  for (; end < lines.length; end++) {
    characters += (lines[end]?.length ?? 0) + 1;
    if (characters > FRAME_CHARACTERS) break;
  }
  return end;
}
