import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  FIRST_LINE_BYTES,
  channelOf,
  firstLine,
  readFirstLine,
} from '../../../src/transport/door/first-line.ts';

/** Feeds chunks as a connection would, and returns the line and the bytes left behind it. */
async function read(...chunks: readonly string[]): Promise<{ line: unknown; rest: string }> {
  const stream = new PassThrough();
  let line: unknown = 'none yet';
  readFirstLine(stream as unknown as Socket, (found) => (line = found));
  for (const chunk of chunks) {
    stream.write(chunk, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rest = stream.read() as Buffer | null;
  return { line, rest: rest?.toString('latin1') ?? '' };
}

describe('Door: first line', () => {
  it('names the channel that it was written for', () => {
    for (const channel of ['pair', 'data', 'nabcdefghij/control', 'nabcdefghij/tasks/12'])
      expect(channelOf(firstLine(channel).slice(0, -1))).toBe(channel);
  });

  it.each([
    ['another protocol', 'GET / HTTP/1.1'],
    ['another version', 'galapagos/2 pair'],
    ['no channel', 'galapagos/1'],
    ['an empty channel', 'galapagos/1 '],
    ['two channels', 'galapagos/1 pair data'],
    ['a name outside the alphabet', 'galapagos/1 ../control'],
    ['a name that is too long', `galapagos/1 ${'a'.repeat(65)}`],
    ['bytes of another program', '\u00ff\u0000\u0000'],
  ])('is refused with %s', (_, line) => {
    expect(channelOf(line)).toBeNull();
  });

  it('is read in any number of pieces, and the bytes behind it are left', async () => {
    expect(await read('galapagos/1 pair\nab')).toStrictEqual({
      line: 'galapagos/1 pair',
      rest: 'ab',
    });
    expect(await read(...Array.from('galapagos/1 pair\n'))).toMatchObject({
      line: 'galapagos/1 pair',
    });
    expect(await read('galapagos/1 ', 'pair\n\u00ff')).toStrictEqual({
      line: 'galapagos/1 pair',
      rest: '\u00ff',
    });
  });

  it('is given up when it is too long, in one piece or in many', async () => {
    expect(await read('x'.repeat(FIRST_LINE_BYTES + 1))).toMatchObject({ line: null });
    expect(await read(...Array.from('x'.repeat(FIRST_LINE_BYTES + 1)))).toMatchObject({
      line: null,
    });
    expect(await read('x'.repeat(FIRST_LINE_BYTES))).toMatchObject({ line: 'none yet' });
  });
});
