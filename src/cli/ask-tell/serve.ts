/**
 * Runs an ask-tell session over two streams: requests in, answers out, in order, with backpressure
 * of the reader.
 */
import { once } from 'node:events';
import { LONGEST_LINE } from '../../protocol/ask-tell.ts';
import { linesOf } from './lines-of.ts';
import { AskTellSession, tooLong } from './session.ts';

/** Runs until the input ends. Skips blank lines. */
export async function serveAskTell(
  input: AsyncIterable<Uint8Array | string>,
  output: NodeJS.WritableStream,
): Promise<void> {
  const session = new AskTellSession();
  for await (const line of linesOf(input, LONGEST_LINE)) {
    if ('text' in line && line.text.trim() === '') continue;
    const answer = 'text' in line ? session.answer(line.text) : tooLong();
    if (!output.write(`${JSON.stringify(answer)}\n`)) await once(output, 'drain');
  }
}
