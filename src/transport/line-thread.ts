/**
 * The thread that parses long lines of workers for `long-lines.ts`. Entry of a worker thread: other
 * files import its types only.
 */
import { serveRequests } from '../runtime/serve-requests.ts';
import { parsers } from './reading.ts';
import type { Channels, Parsed } from './reading.ts';

export interface LineToParse {
  readonly channel: keyof Channels;
  readonly line: string;
}

export type ParsedLine = Parsed<Channels[keyof Channels]>;

serveRequests(({ channel, line }: LineToParse): ParsedLine => parsers[channel](line));
