/** Tests each rule of the ZIP reader with hostile or unusual archives. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DatasetError } from '../../src/datasets/dataset-error.ts';
import { MemoryBytes } from '../../src/datasets/sources/bytes.ts';
import { zipEntries, zipEntryCount } from '../../src/datasets/sources/zip.ts';
import { zip, zip64, type Files, type ZipOptions } from '../support/dataset-files.ts';

const TEXT = 'some text, some text, some text';
/** Larger than the entries that are inflated at once. */
const LARGE = Buffer.alloc(3 * 2 ** 20, 'large');

async function contents(archive: Buffer): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  for await (const { name, content } of zipEntries(new MemoryBytes('x.zip', archive))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content()) chunks.push(Uint8Array.from(chunk));
    found[name] = Buffer.concat(chunks);
  }
  return found;
}

async function faultOf(archive: Buffer): Promise<DatasetError['data']> {
  const error: unknown = await contents(archive).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatasetError);
  return (error as DatasetError).data;
}

async function listed<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

/** Offset of the only local header, central header or end record. */
const offsetOf = (archive: Buffer, signature: 'PK\x03\x04' | 'PK\x01\x02' | 'PK\x05\x06'): number =>
  archive.lastIndexOf(signature, undefined, 'latin1');

/** An archive with changed bytes at an offset from one of its headers. */
function changed(
  files: Files,
  signature: Parameters<typeof offsetOf>[1],
  offset: number,
  bytes: readonly number[],
  options: ZipOptions = {},
): Buffer {
  const archive = zip(files, options);
  archive.set(bytes, offsetOf(archive, signature) + offset);
  return archive;
}

describe('ZIP reader: valid archives', () => {
  it('reads stored, deflated, empty and large entries and skips folders', async () => {
    const files = { 'a/': '', 'a/empty': '', 'a/text': TEXT, 'b/large': LARGE };
    for (const stored of [false, true]) {
      const found = await contents(zip(files, { stored }));
      expect(Object.keys(found)).toEqual(['a/empty', 'a/text', 'b/large']);
      expect(found['a/text']?.toString()).toBe(TEXT);
      expect(found['b/large']?.equals(LARGE)).toBe(true);
    }
  });

  it('reads directories that are larger than one read', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`folder/with-a-name/${String(i)}.txt`, String(i)]),
    );
    const found = await contents(zip(files, { stored: true }));
    expect(Object.entries(found).every(([name, text]) => files[name] === text.toString())).toBe(
      true,
    );
    expect(Object.keys(found)).toHaveLength(3000);
  });

  it('takes sizes, offset and count from the zip64 fields', async () => {
    const archive = zip64('a/text', TEXT);
    expect(await zipEntryCount(new MemoryBytes('x.zip', archive))).toBe(1);
    expect((await contents(archive))['a/text']?.toString()).toBe(TEXT);
  });

  it('reads an archive with a comment', async () => {
    const archive = Buffer.concat([zip({ a: TEXT }), Buffer.from('a comment')]);
    archive.writeUInt16LE(9, offsetOf(archive, 'PK\x05\x06') + 20);
    expect((await contents(archive))['a']?.toString()).toBe(TEXT);
  });

  it('reads entries in any order', async () => {
    const [first, second] = await listed(
      zipEntries(new MemoryBytes('x.zip', zip({ a: 'A', b: 'B' }))),
    );
    const read: string[] = [];
    for (const entry of [second, first])
      for await (const chunk of entry?.content() ?? []) read.push(Buffer.from(chunk).toString());
    expect(read).toEqual(['B', 'A']);
  });
});

describe('ZIP reader: damaged and hostile archives', () => {
  it('names the offset of a damaged directory entry', async () => {
    const archive = changed({ a: TEXT, b: TEXT }, 'PK\x01\x02', 0, [0], { stored: true });
    expect(await faultOf(archive)).toEqual({
      file: 'x.zip',
      place: 'offset 171',
      expected: 'entry 2 of 2 of its directory',
      found: 'invalid central directory file header signature: 0x2014b00',
    });
  });

  it('refuses more than 4,000,000 entries before it reads the first', async () => {
    const archive = zip64('a', TEXT, { count: 4_000_001 });
    expect(await faultOf(archive)).toEqual({
      file: 'x.zip',
      expected: 'at most 4,000,000 entries',
      found: '4,000,001',
    });
  });

  it('refuses a zip64 record that is not where its locator points', async () => {
    const archive = zip64('a', TEXT);
    archive[archive.lastIndexOf('PK\x06\x06', undefined, 'latin1')] = 0;
    expect(await faultOf(archive)).toEqual({
      file: 'x.zip',
      place: `offset ${String(archive.length)}`,
      expected: "the zip's directory at its end",
      found: 'invalid zip64 end of central directory record signature',
      hint: 'the archive is damaged',
    });
  });

  it('refuses a directory beyond the end of the file', async () => {
    expect(
      await faultOf(changed({ a: TEXT }, 'PK\x05\x06', 16, [0xff, 0xff, 0xff, 0x7f])),
    ).toMatchObject({ file: 'x.zip', hint: 'the file is cut short' });
  });

  it('refuses an entry whose header is elsewhere', async () => {
    expect(await faultOf(changed({ a: TEXT }, 'PK\x03\x04', 0, [0]))).toEqual({
      file: 'x.zip › a',
      place: 'offset 0',
      expected: 'the header of this entry, and its content',
      found: 'invalid local file header signature: 0x4034b00',
      hint: 'the archive is damaged or cut short',
    });
  });

  it('refuses other compression methods by their number', async () => {
    expect(await faultOf(changed({ a: TEXT }, 'PK\x01\x02', 10, [12]))).toEqual({
      file: 'x.zip › a',
      expected: 'an entry stored or deflated',
      found: 'compression method 12',
    });
  });

  it('refuses content that goes beyond the end of the file', async () => {
    const archive = changed({ a: TEXT }, 'PK\x01\x02', 20, [0xff, 0xff, 0xff], { stored: true });
    expect(await faultOf(archive)).toEqual({
      file: 'x.zip › a',
      place: 'offset 0',
      expected: 'the header of this entry, and its content',
      found: 'file data overflows file bounds: 31 + 16777215 > 131',
      hint: 'the archive is damaged or cut short',
    });
  });

  it.each([
    ['small', { a: TEXT }],
    ['large', { a: LARGE }],
  ])('refuses damaged deflated content of a %s entry', async (_, files) => {
    const archive = zip(files);
    archive.fill(0xff, 31, 40);
    expect(await faultOf(archive)).toMatchObject({
      file: 'x.zip › a',
      expected: 'a whole entry',
    });
  });

  it.each([
    ['small', TEXT, 10],
    ['large', LARGE, 2 * 2 ** 20],
  ])('refuses a %s entry with more content than its directory says', async (_, content, size) => {
    expect(await faultOf(zip({ a: content }, { size }))).toMatchObject({
      file: 'x.zip › a',
    });
    expect(await faultOf(zip({ a: content }, { size, stored: true }))).toEqual({
      file: 'x.zip › a',
      expected: `${size.toLocaleString('en')} bytes, as its directory says`,
      found: 'more',
    });
  });

  it('stops inflating a large entry at its size in the directory', async () => {
    let read = 0;
    const archive = zip({ a: Buffer.alloc(64 * 2 ** 20) }, { size: 2 ** 21 });
    const reading = (async () => {
      for await (const { content } of zipEntries(new MemoryBytes('x.zip', archive)))
        for await (const chunk of content()) read += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ data: { found: 'more' } });
    expect(read).toBeLessThanOrEqual(2 ** 21);
  });

  it.each([
    ['small', TEXT],
    ['large', LARGE],
  ])('refuses a %s entry with less content than its directory says', async (_, content) => {
    const size = content.length + 1;
    for (const stored of [false, true])
      expect(await faultOf(zip({ a: content }, { size, stored }))).toEqual({
        file: 'x.zip › a',
        expected: `${size.toLocaleString('en')} bytes, as its directory says`,
        found: content.length.toLocaleString('en'),
      });
  });

  it('refuses content that differs from its checksum', async () => {
    const archive = changed({ a: TEXT }, 'PK\x01\x02', 16, [1, 2, 3, 4]);
    expect(await faultOf(archive)).toMatchObject({
      file: 'x.zip › a',
      expected: 'checksum 04030201',
      hint: 'the archive is damaged',
    });
  });

  it('marks an entry as a link only if a Unix system wrote it', async () => {
    const entry = async (system: number): Promise<boolean | undefined> => {
      const archive = changed({ a: 'b' }, 'PK\x01\x02', 5, [system], { stored: true });
      archive.writeUInt32LE((0o120777 << 16) >>> 0, offsetOf(archive, 'PK\x01\x02') + 38);
      return (await listed(zipEntries(new MemoryBytes('x.zip', archive))))[0]?.link;
    };
    expect([await entry(3), await entry(0)]).toEqual([true, false]);
  });

  it('yields a large stored entry in parts of at most 64 KiB', async () => {
    const hash = createHash('sha256');
    for await (const { content } of zipEntries(
      new MemoryBytes('x.zip', zip({ a: LARGE }, { stored: true })),
    ))
      for await (const chunk of content()) {
        expect(chunk.length).toBeLessThanOrEqual(64 * 1024);
        hash.update(chunk);
      }
    expect(hash.digest('hex')).toBe(createHash('sha256').update(LARGE).digest('hex'));
  });
});
