/** Several messages in one frame, as lines of text. Not a codec: a message is already one line. */
import { GalapagosError } from '../core/errors.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/worker-messages.ts';

/** A message longer than the wire accepts. */
export class MessageTooLong extends GalapagosError {}

/** @throws MessageTooLong above `MAX_MESSAGE_BYTES` of UTF-8 */
export function checkLength(line: string): void {
  if (line.length * 3 <= MAX_MESSAGE_BYTES) return;
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new MessageTooLong(
      'message-too-long',
      `a message of ${bytes} bytes: the wire takes ${MAX_MESSAGE_BYTES}`,
      { bytes },
    );
  }
}

/** Each line of a frame, in order. */
export function* linesOf(frame: string): Generator<string> {
  let from = 0;
  for (let end = frame.indexOf('\n'); end !== -1; end = frame.indexOf('\n', from)) {
    yield frame.slice(from, end);
    from = end + 1;
  }
  yield from === 0 ? frame : frame.slice(from);
}
