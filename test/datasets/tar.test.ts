/** Tests each rule of the TAR reader with hostile or unusual archives. */
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../../src/datasets/dataset-error.ts';
import { ChunkReader } from '../../src/datasets/sources/chunk-reader.ts';
import { isTar, tarEntries } from '../../src/datasets/sources/tar.ts';
import { tar, tarEntry } from '../support/dataset-files.ts';

const END = Buffer.alloc(1024);
const LONG = `${'a/'.repeat(80)}b`;

/** @param step length of the chunks that the reader gets */
async function entries(archive: Buffer, step = 1000): Promise<[string, string, boolean][]> {
  const found: [string, string, boolean][] = [];
  for await (const { name, content, link } of tarEntries('x.tar', reader(archive, step))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
    found.push([name, Buffer.concat(chunks).toString(), link]);
  }
  return found;
}

function reader(archive: Buffer, step = 1000): ChunkReader {
  return new ChunkReader('x.tar', chunks(archive, step));
}

async function* chunks(archive: Buffer, step: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < archive.length; at += step) yield archive.subarray(at, at + step);
}

async function faultOf(archive: Buffer): Promise<DatasetError['data']> {
  const error: unknown = await entries(archive).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatasetError);
  return (error as DatasetError).data;
}

const file = (name: string, text: string, change?: (header: Buffer) => void): Buffer =>
  tarEntry(name, Buffer.from(text), '0', change);
const pax = (...lines: string[]): Buffer => tarEntry('pax', Buffer.from(lines.join('')), 'x');

describe('TAR reader: valid archives', () => {
  it('reads entries from chunks of any length', async () => {
    const archive = tar({ a: 'A', empty: '', b: 'B'.repeat(2000) });
    for (const step of [7, 512, 100_000])
      expect(await entries(archive, step)).toEqual([
        ['a', 'A', false],
        ['empty', '', false],
        ['b', 'B'.repeat(2000), false],
      ]);
  });

  it('skips content that is not read', async () => {
    const names: string[] = [];
    for await (const { name } of tarEntries('x.tar', reader(tar({ a: 'A'.repeat(5000), b: 'B' }))))
      names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  it('ends at an empty block, or at the end of a file without one', async () => {
    const only = file('a', 'A');
    for (const rest of [END, Buffer.alloc(0), Buffer.concat([END, file('b', 'B')])])
      expect(await entries(Buffer.concat([only, rest]))).toEqual([['a', 'A', false]]);
  });

  it('skips folders, devices and global headers', async () => {
    const archive = Buffer.concat([
      ...['3', '4', '5', '6'].map((type) => tarEntry('x', Buffer.alloc(0), type)),
      tarEntry('pax', Buffer.from('12 path=all\n'), 'g'),
      file('a', 'A'),
      END,
    ]);
    expect(await entries(archive)).toEqual([['a', 'A', false]]);
  });

  it('reads a type of NUL or 7 as a file', async () => {
    for (const type of ['\0', '7'])
      expect(await entries(Buffer.concat([tarEntry('a', Buffer.from('A'), type), END]))).toEqual([
        ['a', 'A', false],
      ]);
  });

  it('joins the prefix of ustar names, but not of GNU headers', async () => {
    const prefixed = file('b', 'B', (header) => header.write('folder', 345));
    const gnu = file('b', 'B', (header) => {
      header.write('ustar  \0', 257, 'latin1');
      header.write('12345', 345);
    });
    expect((await entries(Buffer.concat([prefixed, gnu, END]))).map(([name]) => name)).toEqual([
      'folder/b',
      'b',
    ]);
  });

  it('takes long names of GNU and pax for the next entry only', async () => {
    const archive = Buffer.concat([
      tarEntry('././@LongLink', Buffer.from(`${LONG}\0`), 'L'),
      file('cut', 'A'),
      pax(`${String(LONG.length + 10)} path=${LONG}\n`),
      file('cut', 'B'),
      file('short', 'C'),
      END,
    ]);
    expect(await entries(archive)).toEqual([
      [LONG, 'A', false],
      [LONG, 'B', false],
      ['short', 'C', false],
    ]);
  });

  it('takes a size from pax for the next entry only, and from base 256', async () => {
    const archive = Buffer.concat([
      pax('9 size=1\n'),
      file('a', 'A', (header) => header.write('00000000777', 124)),
      file('b', 'BB', (header) => {
        header.fill(0, 124, 136);
        header[124] = 0x80;
        header[135] = 2;
      }),
      END,
    ]);
    expect(await entries(archive)).toEqual([
      ['a', 'A', false],
      ['b', 'BB', false],
    ]);
  });

  it('marks links and skips their content', async () => {
    const archive = Buffer.concat([
      ...['1', '2'].map((type) => tarEntry('link', Buffer.from('abc'), type)),
      file('a', 'A'),
      END,
    ]);
    expect(await entries(archive)).toEqual([
      ['link', '', true],
      ['link', '', true],
      ['a', 'A', false],
    ]);
  });

  it('keeps names apart that are not UTF-8', async () => {
    const archive = Buffer.concat([
      ...[0x82, 0x8a].map((byte) => file('X', 'x', (header) => (header[0] = byte))),
      END,
    ]);
    expect((await entries(archive)).map(([name]) => name)).toEqual(['é', 'è']);
  });

  it('is recognised by its magic and its checksum', () => {
    const archive = file('a', 'A');
    const renamed = Buffer.from(archive);
    renamed.write('b', 0);
    expect([archive, renamed, archive.subarray(0, 500), Buffer.alloc(512)].map(isTar)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(isTar(file('a', 'A', (header) => header.fill(0, 257, 263)))).toBe(false);
  });
});

describe('TAR reader: damaged and hostile archives', () => {
  it.each([
    ['text', 'twelve bytes'],
    ['digits that are not octal', '00000000008\0'],
  ])('refuses a size of %s by its offset', async (_, size) => {
    const archive = Buffer.concat([file('a', 'A'), file('b', 'B', (h) => h.write(size, 124)), END]);
    expect(await faultOf(archive)).toEqual({
      file: 'x.tar',
      place: 'offset 1148',
      expected: 'a size',
      found: JSON.stringify(size.replace('\0', '')),
    });
  });

  it('refuses sizes beyond exact integers and below zero', async () => {
    const huge = file('a', 'A', (header) => header.fill(0xff, 124, 136));
    for (const archive of [huge, Buffer.concat([pax('11 size=-1\n'), file('a', 'A')])])
      expect(await faultOf(archive)).toMatchObject({ file: 'x.tar', expected: 'a size' });
  });

  it.each(['L', 'x'])('refuses a name in a %s entry above 64 KiB unread', async (type) => {
    const announced = tarEntry('long', Buffer.alloc(0), type, (header) =>
      header.write('00000200001\0', 124),
    );
    expect(await faultOf(announced)).toEqual({
      file: 'x.tar',
      place: 'offset 0',
      expected: 'a name of at most 65536 bytes',
      found: '65537',
    });
  });

  it('ends the fields of a pax header at a length that is none', async () => {
    const archive = Buffer.concat([
      pax('0 path=x\n'),
      file('a', 'A'),
      pax('path=x\n'),
      file('b', 'B'),
      pax('x path=x\n'),
      file('c', 'C'),
      END,
    ]);
    expect((await entries(archive)).map(([name]) => name)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a header', 100, 'offset 100', '412'],
    ['content', 512 + 300, 'offset 812', '700'],
    ['padding', 512 + 1010, 'offset 1522', '14'],
  ])('names the offset and the missing bytes where it ends within %s', async (...row) => {
    const [, length, place, missing] = row;
    expect(await faultOf(file('a', 'A'.repeat(1000)).subarray(0, length))).toEqual({
      file: 'x.tar',
      place,
      expected: `${missing} more bytes`,
      found: 'the end',
      hint: 'the file is cut short',
    });
  });
});
