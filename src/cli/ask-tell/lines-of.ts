/** Splits a byte stream into lines, with at most one bounded line in memory. */
import { StringDecoder } from 'node:string_decoder';

/** A line without its end, or a mark that a line exceeded the limit and was skipped. */
export type Line = { readonly text: string } | { readonly tooLong: true };

/**
 * Lines end with \n or \r\n; the last one may lack its end.
 * @param longest greatest number of characters of a line
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array | string>,
  longest: number,
): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  let skipping = false;
  const take = (text: string): void => {
    if (skipping) return;
    length += text.length;
    if (length > longest) {
      skipping = true;
      parts = [];
    } else parts.push(text);
  };
  const finish = (): Line => {
    const line: Line = skipping ? { tooLong: true } : { text: parts.join('').replace(/\r$/, '') };
    parts = [];
    length = 0;
    skipping = false;
    return line;
  };
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      take(text.slice(from, end));
      yield finish();
      from = end + 1;
    }
    take(text.slice(from));
  }
  take(decoder.end());
  if (length > 0) yield finish();
}
