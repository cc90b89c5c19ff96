/**
 * The thread that parses long lines of workers for `long-lines.ts`. Entry of a worker thread: other
 * files import its types only.
 */
import { parentPort } from 'node:worker_threads';
import { parsers } from './reading.ts';
import type { Channels, Parsed } from './reading.ts';

export interface LineToParse {
  readonly id: number;
  readonly channel: keyof Channels;
  readonly line: string;
}

export interface ParsedLine {
  readonly id: number;
  readonly parsed: Parsed<Channels[keyof Channels]>;
}

const port = parentPort;
if (port === null) throw new Error('the entry of a thread');

port.on('message', ({ id, channel, line }: LineToParse) => {
  port.postMessage({ id, parsed: parsers[channel](line) } satisfies ParsedLine);
});
