/**
 * Tests uploads from a browser against the host: complete, verified, with and without the browser's
 * own SHA-256.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Uploads } from '../../src/endpoints/uploads/uploads.ts';
import type { Answer } from '../../src/protocol/endpoint.ts';
import { sha256 } from '../../src/renderer/bridge/sha256.ts';
import { uploadFiles } from '../../src/renderer/bridge/upload.ts';
import { EndpointFailure } from '../../src/renderer/failure.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let temporary: TemporaryFolder;
let uploads: Uploads;
let requests: number;
beforeEach(() => {
  temporary = temporaryFolder();
  uploads = new Uploads(temporary.file('uploads'));
  requests = 0;
  vi.stubGlobal('fetch', async (url: string, { body }: { body: ArrayBuffer }) => {
    requests += 1;
    const { pathname, searchParams } = new URL(url);
    const [, , upload = '', file = ''] = pathname.split('/');
    const [offset, hash] = [Number(searchParams.get('offset')), searchParams.get('sha256') ?? ''];
    try {
      await uploads.write({
        upload,
        file: Number(file),
        offset,
        sha256: hash,
        bytes: new Uint8Array(body),
      });
      return Response.json({ ok: true, value: {} });
    } catch (error) {
      const { code, data } = error as { code: string; data: object };
      return Response.json({ ok: false, error: { code, data } }, { status: 422 });
    }
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  temporary.remove();
});

const called: string[] = [];
async function call(name: string, input: unknown): Promise<Answer> {
  called.push(name);
  if (name === 'beginUpload') return { ok: true, value: await uploads.begin(input as never) };
  return { ok: true, value: await uploads.discard((input as { upload: string }).upload) };
}

const bytes = (length: number, salt = 0): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + salt) % 256);

async function sent(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): Promise<{ folder: string; progress: number[] }> {
  const progress: number[] = [];
  const given = Object.entries(files).map(([path, content]) => ({
    path,
    file: new File([content], path),
  }));
  const upload = await uploadFiles(
    call,
    'http://host',
    given,
    (sum) => progress.push(sum),
    new AbortController().signal,
  );
  return { folder: uploads.pathOf(upload), progress };
}

describe('Upload', () => {
  const files = {
    'a/large.bin': bytes(5_000_001),
    'b/small.bin': bytes(3, 1),
    'b/none.bin': bytes(0),
  };

  it('transfers all files and reports progress', async () => {
    const { folder, progress } = await sent(files);
    for (const [path, content] of Object.entries(files))
      expect([path, readFileSync(join(folder, path)).equals(content)]).toEqual([path, true]);
    expect(progress.at(-1)).toBe(5_000_004);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('sends many small files in few requests', async () => {
    const small = Object.fromEntries(
      Array.from({ length: 700 }, (_, i) => [`class ${i % 3}/${i}.png`, bytes(i % 90, i)]),
    );
    const mixed = { 'first.bin': bytes(1_500_000), ...small, 'last.bin': bytes(1_048_576) };
    const { folder, progress } = await sent(mixed);
    for (const [path, content] of Object.entries(mixed))
      expect([path, readFileSync(join(folder, path)).equals(content)]).toEqual([path, true]);
    expect(progress.at(-1)).toBe(Object.values(mixed).reduce((sum, { length }) => sum + length, 0));
    expect(requests).toBe(5);
  });

  it('resumes after broken connections and transfers each chunk once', async () => {
    const reached = globalThis.fetch;
    let broken = 0;
    vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
      // Every other request fails: half of them before the host receives it, half of them after.
      if ((broken += 1) % 4 === 1) throw new TypeError('network error');
      const response = await reached(...request);
      if (broken % 4 === 3) throw new TypeError('network error');
      return response;
    });
    const { folder } = await sent(files);
    for (const [path, content] of Object.entries(files))
      expect([path, readFileSync(join(folder, path)).equals(content)]).toEqual([path, true]);
  });

  it('works in a browser without its own SHA-256, as over plain http', async () => {
    vi.stubGlobal('crypto', {});
    const { folder } = await sent(files);
    for (const [path, content] of Object.entries(files))
      expect([path, readFileSync(join(folder, path)).equals(content)]).toEqual([path, true]);
  });

  it('discards an upload that the host refuses, with the reason', async () => {
    vi.stubGlobal('crypto', { subtle: { digest: () => Promise.resolve(new ArrayBuffer(32)) } });
    await expect(sent(files)).rejects.toThrow(EndpointFailure);
    await expect(sent(files)).rejects.toMatchObject({ code: 'bad-upload' });
    expect(called.at(-1)).toBe('discardUpload');
    expect(requests).toBeLessThan(10);
  });
});

it.each([0, 1, 64, 1_000_003])(
  'Upload: computes SHA-256 of %i bytes in the library as the browser does',
  async (length) => {
    const { buffer } = bytes(length);
    const own = await sha256(buffer);
    vi.stubGlobal('crypto', {});
    expect(await sha256(buffer)).toBe(own);
    expect(own).toBe(createHash('sha256').update(new Uint8Array(buffer)).digest('hex'));
  },
);
