import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHUNK_BYTES, Uploads } from '../../src/endpoints/uploads/uploads.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('Uploads', () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let uploads: Uploads;
  let now: number;
  beforeEach(() => {
    temporary = temporaryFolder();
    folder = temporary.file('uploads');
    now = 0;
    uploads = new Uploads(folder, () => now);
  });
  afterEach(() => {
    temporary.remove();
  });

  const chunk = (
    upload: string,
    file: number,
    offset: number,
    text: string,
  ): ReturnType<Uploads['write']> =>
    uploads.write({ upload, file, offset, sha256: sha256(bytesOf(text)), bytes: bytesOf(text) });

  it('joins chunks to the announced file', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'digits.gz', bytes: 6 }] });
    expect(await chunk(upload, 0, 0, 'abc')).toEqual({ received: 3 });
    expect(await chunk(upload, 0, 3, 'def')).toEqual({ received: 6 });
    expect(readFileSync(uploads.pathOf(upload), 'utf8')).toBe('abcdef');
  });

  it('returns the single dropped file or folder, and the folder of several', async () => {
    const one = await uploads.begin({
      files: ['cats/a.png', 'cats/b.png'].map((path) => ({ path, bytes: 0 })),
    });
    expect(readdirSync(uploads.pathOf(one.upload)).sort()).toEqual(['a.png', 'b.png']);
    const two = await uploads.begin({
      files: ['images.gz', 'labels.gz'].map((path) => ({ path, bytes: 0 })),
    });
    expect(readdirSync(uploads.pathOf(two.upload)).sort()).toEqual(['images.gz', 'labels.gz']);
  });

  it('keeps files readable by their owner only', async (context) => {
    skipIf(noModes, context);
    const before = process.umask(0);
    try {
      const { upload } = await uploads.begin({
        files: ['a/digits.gz', 'empty'].map((path, i) => ({ path, bytes: 3 - 3 * i })),
      });
      await chunk(upload, 0, 0, 'abc');
      const modes = ['', 'a', 'a/digits.gz', 'empty'].map(
        (path) => statSync(join(uploads.pathOf(upload), path)).mode & 0o777,
      );
      expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  it('accepts a repeated chunk once', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'a', bytes: 6 }] });
    await chunk(upload, 0, 0, 'abc');
    expect(await chunk(upload, 0, 0, 'abc')).toEqual({ received: 3 });
    await chunk(upload, 0, 3, 'def');
    expect(readFileSync(uploads.pathOf(upload), 'utf8')).toBe('abcdef');
  });

  it('accepts files that travel together, and only the missing ones among them', async () => {
    const files = [3, 0, 4, 5].map((bytes, i) => ({ path: `${i}.bin`, bytes }));
    const { upload } = await uploads.begin({ files });
    const read = (i: number): string =>
      readFileSync(join(uploads.pathOf(upload), `${i}.bin`), 'utf8');
    await expect(chunk(upload, 2, 0, 'defghijklm')).rejects.toMatchObject({
      data: { file: '3.bin', expected: 'the end of the last file' },
    });
    expect(await chunk(upload, 0, 0, 'abcdefg')).toEqual({ received: 3 });
    await chunk(upload, 0, 0, 'abcdefghijkl');
    expect([0, 1, 2, 3].map(read)).toEqual(['abc', '', 'defg', 'hijkl']);
  });

  it('refuses a chunk whose bytes do not match its hash, and continues after it', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'a', bytes: 3 }] });
    const changed = uploads.write({
      upload,
      file: 0,
      offset: 0,
      sha256: sha256(bytesOf('abc')),
      bytes: bytesOf('abd'),
    });
    await expect(changed).rejects.toMatchObject({ code: 'bad-upload', data: { file: 'a' } });
    expect(await chunk(upload, 0, 0, 'abc')).toEqual({ received: 3 });
  });

  it('refuses chunks out of order, beyond the end, too large, or of no file', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'a', bytes: 2 * CHUNK_BYTES }] });
    await expect(chunk(upload, 0, 3, 'def')).rejects.toMatchObject({
      data: { expected: 'the chunk at byte 0', found: 'the one at 3' },
    });
    await expect(chunk(upload, 0, 2 * CHUNK_BYTES - 1, 'de')).rejects.toMatchObject({
      code: 'bad-upload',
    });
    await expect(chunk(upload, 0, 0, 'x'.repeat(CHUNK_BYTES + 1))).rejects.toMatchObject({
      code: 'bad-upload',
    });
    await expect(chunk(upload, 1, 0, 'abc')).rejects.toMatchObject({
      data: { expected: 'a file from 0 to 0' },
    });
    await expect(chunk('none', 0, 0, 'abc')).rejects.toMatchObject({ code: 'unknown-upload' });
  });

  it('cannot be used before it is complete', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'a', bytes: 6 }] });
    await chunk(upload, 0, 0, 'abc');
    expect(() => uploads.pathOf(upload)).toThrow('a: expected 6 bytes, found 3 bytes');
  });

  it.each(['../a', '/etc/passwd', 'a/../../b', 'a//b', './a', 'C:/a', 'a\\..\\b', 'a\u0000b', ''])(
    'refuses a path that leaves the folder: %j',
    async (path) => {
      await expect(uploads.begin({ files: [{ path, bytes: 1 }] })).rejects.toMatchObject({
        code: 'bad-upload',
      });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('refuses a path that occurs twice', async () => {
    const files = [1, 2].map((bytes) => ({ path: 'a', bytes }));
    await expect(uploads.begin({ files })).rejects.toMatchObject({
      data: { file: 'a', expected: 'each path once' },
    });
  });

  it('of an absent browser are removed when another begins, except those being written or read', async () => {
    const hour = 3_600_000;
    const begun = async (bytes: number): Promise<string> =>
      (await uploads.begin({ files: [{ path: 'a', bytes }] })).upload;
    const [left, written, held] = [await begun(6), await begun(6), await begun(0)];
    const { release } = uploads.hold(held);
    now = hour;
    await chunk(written, 0, 0, 'abc');
    now = hour + 1;
    const next = await begun(0);
    await expect(chunk(left, 0, 0, 'abc')).rejects.toMatchObject({ code: 'unknown-upload' });
    expect(await chunk(written, 0, 3, 'def')).toEqual({ received: 6 });
    expect(uploads.pathOf(held)).toContain(held);
    release();
    await uploads.discard(next);
    await vi.waitUntil(() => readdirSync(folder).length === 1, { timeout: 60_000 });
  });

  it('leave nothing behind: discarded, closed, or of a killed process', async () => {
    const { upload } = await uploads.begin({ files: [{ path: 'a', bytes: 0 }] });
    await uploads.discard(upload);
    await uploads.begin({ files: [{ path: 'b', bytes: 0 }] });
    await uploads.close();
    expect(readdirSync(folder)).toEqual([]);
    // Larger than any process number that systems assign.
    const left = join(folder, `${2 ** 22 + 1}-left`);
    mkdirSync(left);
    await new Uploads(folder).close();
    expect(existsSync(left)).toBe(false);
  });
});
