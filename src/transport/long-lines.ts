/**
 * Parses the lines of workers: short ones at once, long ones in a thread, so that no single message
 * blocks the coordinator's event loop. A line of 16 MiB would take seconds.
 */
import { MAX_CONTROL_CHARACTERS } from '../protocol/worker-messages.ts';
import { startThread } from '../runtime/start-thread.ts';
import { ThreadRequests } from '../runtime/thread-requests.ts';
import type { LineToParse, ParsedLine } from './line-thread.ts';
import { parsers } from './reading.ts';
import type { Channels, Parsed } from './reading.ts';

/** Greatest number of characters parsed on the event loop: a few milliseconds of work. */
export const SHORT_CHARACTERS = 128 * 1024;

export class LongLines {
  readonly #thread = new ThreadRequests<LineToParse, ParsedLine>({
    start: () => startThread(import.meta.url, 'line-thread'),
    end: (thread) => thread.terminate(),
  });

  /** Parses a line of a channel. A promise is returned for long lines only. */
  parse<Name extends keyof Channels>(
    channel: Name,
    line: string,
  ): Parsed<Channels[Name]> | Promise<Parsed<Channels[Name]>> {
    const refusedUnread = channel === 'control' && line.length > MAX_CONTROL_CHARACTERS;
    if (line.length <= SHORT_CHARACTERS || refusedUnread) return parsers[channel](line);
    return this.#parseInThread(channel, line);
  }

  /**
   * Parses a line of a channel and hands it on, at once or after a thread has parsed it.
   * @returns undefined: it was handed on at once
   */
  take<Name extends keyof Channels>(
    channel: Name,
    line: string,
    take: (parsed: Parsed<Channels[Name]>) => void,
  ): Promise<void> | undefined {
    const parsed = this.parse(channel, line);
    if (parsed instanceof Promise) return parsed.then(take);
    take(parsed);
    return undefined;
  }

  close(): Promise<void> {
    return this.#thread.close(new Error('the coordinator closed'));
  }

  async #parseInThread<Name extends keyof Channels>(
    channel: Name,
    line: string,
  ): Promise<Parsed<Channels[Name]>> {
    try {
      // The thread runs the same build, so its answer has the type of the channel's parser.
      return (await this.#thread.ask({ channel, line })) as Parsed<Channels[Name]>;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const text = `the message could not be parsed: ${reason}`;
      return { ok: false, error: text, peer: null, range: null };
    }
  }
}
