/**
 * Parses the lines of workers: short ones at once, long ones in a thread, so that no single message
 * blocks the coordinator's event loop. A line of 16 MiB would take seconds.
 */
import type { Worker } from 'node:worker_threads';
import { MAX_CONTROL_CHARACTERS } from '../protocol/worker-messages.ts';
import { startThread } from '../runtime/start-thread.ts';
import type { ParsedLine, LineToParse } from './line-thread.ts';
import { parsers } from './reading.ts';
import type { Channels, Parsed } from './reading.ts';

/** Greatest number of characters parsed on the event loop: a few milliseconds of work. */
export const SHORT_CHARACTERS = 128 * 1024;

type Resolve = (parsed: Parsed<never>) => void;

export class LongLines {
  readonly #waiting = new Map<number, Resolve>();
  #thread: Worker | null = null;
  #nextId = 0;

  /** Parses a line of a channel. A promise is returned for long lines only. */
  parse<Name extends keyof Channels>(
    channel: Name,
    line: string,
  ): Parsed<Channels[Name]> | Promise<Parsed<Channels[Name]>> {
    const refusedUnread = channel === 'control' && line.length > MAX_CONTROL_CHARACTERS;
    if (line.length <= SHORT_CHARACTERS || refusedUnread) return parsers[channel](line);
    const request: LineToParse = { id: this.#nextId++, channel, line };
    return new Promise((resolve) => {
      // The thread runs the same build, so its answer has the type of the channel's parser.
      this.#waiting.set(request.id, resolve);
      this.#running().postMessage(request);
    });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#refuseAll('the coordinator closed');
    await thread?.terminate();
  }

  #running(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = startThread(import.meta.url, 'line-thread');
    thread.unref();
    thread.on('message', ({ id, parsed }: ParsedLine) => {
      this.#waiting.get(id)?.(parsed as Parsed<never>);
      this.#waiting.delete(id);
    });
    // For example, the line needed more memory than a thread may have.
    thread.on('error', (error) => this.#lost(thread, error.message));
    thread.on('exit', () => this.#lost(thread, 'the thread ended'));
    return (this.#thread = thread);
  }

  #lost(thread: Worker, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#refuseAll(`the message could not be parsed: ${reason}`);
  }

  #refuseAll(error: string): void {
    for (const resolve of this.#waiting.values())
      resolve({ ok: false, error, peer: null, range: null });
    this.#waiting.clear();
  }
}
