/** Tests the parts that a dataset's transfer consists of: bitmaps, manifests, files, limits. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bitmap } from '../../../src/node/data/bitmap.ts';
import { keptBytes, toEvict } from '../../../src/node/data/evict.ts';
import { incomingTrees } from '../../../src/node/data/incoming.ts';
import { Introductions } from '../../../src/node/data/introductions.ts';
import { manifestOf, parseManifest, readChunk } from '../../../src/node/data/manifest.ts';
import { ChunkServer } from '../../../src/node/data/serve.ts';
import { servedTree } from '../../../src/node/data/stored-tree.ts';
import { NO_BYTES, parseDataRequest } from '../../../src/protocol/data-messages.ts';
import { memoryTree } from '../../support/memory-datasets.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { TinyDisk, noTinyDisk } from '../../support/tiny-disk.ts';
import { skipIf } from '../../support/platform.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

/** Writes a dataset's three files. */
function written(name: string, lengths: readonly [number, number, number]): string {
  const place = folder.file(name);
  mkdirSync(place);
  ['description.json', 'training', 'test'].forEach((file, i) => {
    const bytes = Buffer.from(
      Array.from({ length: lengths[i] ?? 0 }, (_, at) => (at * 7 + i) % 251),
    );
    writeFileSync(join(place, file), bytes);
  });
  return place;
}

describe('Datasets in chunks: bitmaps', () => {
  it('holds any set, as its bytes do, and its complement', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat({ max: 99 })),
        (length, add) => {
          const chosen = [...new Set(add.filter((i) => i < length))].sort((a, b) => a - b);
          const bitmap = new Bitmap(length);
          for (const index of chosen) bitmap.add(index);
          expect([...bitmap]).toEqual(chosen);
          expect(bitmap.count).toBe(chosen.length);
          expect([...new Bitmap(length, bitmap.bytes())]).toEqual(chosen);
          expect(bitmap.inverted().count).toBe(length - chosen.length);
          const ranges = bitmap
            .ranges(1000)
            .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
          expect(ranges).toEqual(chosen);
        },
      ),
    );
  });

  it('ignores bits beyond its length, and takes missing bytes as not set', () => {
    expect(new Bitmap(3, Uint8Array.of(255, 255)).count).toBe(3);
    expect(new Bitmap(20, Uint8Array.of(1)).count).toBe(1);
  });
});

describe('Datasets in chunks: manifests', () => {
  it('describes files so that their chunks, one after the other, are the files', async () => {
    const place = written('a', [5, 100, 33]);
    const manifest = await manifestOf(place, undefined, 32);
    const chunks = [];
    for (let i = 0; i < manifest.chunks; i++) chunks.push(await readChunk(place, manifest, i));
    const files = ['description.json', 'training', 'test'].map((file) =>
      readFileSync(join(place, file)),
    );
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat(files));
    expect(parseManifest(manifest.bytes).tree).toBe(manifest.tree);
  });

  it('names the part, what was expected and what was found, in a manifest of another form', () => {
    const { bytes } = memoryTree(4, 1).manifest;
    const changed = (at: number, value: number): Uint8Array => bytes.with(at, value);
    expect(() => parseManifest(bytes.subarray(0, 20))).toThrow(
      /length: expected at least 45 bytes/,
    );
    expect(() => parseManifest(changed(0, 1))).toThrow(/format: expected galapagos-tree\/1/);
    expect(() => parseManifest(changed(41, 255))).toThrow(/chunk size: expected 16 to 1048576/);
    expect(() => parseManifest(changed(17, 255))).toThrow(/lengths: expected 1 to 8388608 chunks/);
    expect(() => parseManifest(bytes.subarray(0, -1))).toThrow(/hashes: expected 4 of 32 bytes/);
  });

  it('is kept beside the files and computed again when their lengths change', async () => {
    const place = written('a', [5, 100, 33]);
    const { tree } = (await servedTree(place)).manifest;
    expect((await servedTree(place)).manifest.tree).toBe(tree);
    writeFileSync(join(place, 'test'), Buffer.alloc(34));
    expect((await servedTree(place)).manifest.tree).not.toBe(tree);
  });
});

describe('Datasets in chunks: collecting on disk', () => {
  it('goes on in another process with the verified chunks of the bitmap', async () => {
    const place = written('a', [5, 100, 33]);
    const manifest = await manifestOf(place, undefined, 32);
    const trees = incomingTrees(folder.file('incoming'));
    const first = await trees.open(manifest);
    for (const index of [0, 2, 3])
      await first.write(index, await readChunk(place, manifest, index));
    await first.save();
    await first.write(4, await readChunk(place, manifest, 4));
    await first.close();
    // One byte of chunk 2 changes on disk.
    const training = join(folder.file('incoming'), manifest.tree, 'training');
    const bytes = readFileSync(training);
    bytes[65] = (bytes[65] ?? 0) ^ 1;
    writeFileSync(training, bytes);
    expect((await trees.known(manifest.tree))?.tree).toBe(manifest.tree);
    const second = await trees.open(manifest);
    await second.resume(() => undefined);
    expect([...second.had]).toEqual([0, 3]);
    await second.close();
    await trees.remove(manifest.tree);
    expect(existsSync(join(folder.file('incoming'), manifest.tree))).toBe(false);
  });

  it('reports a full disk by the error of the system', async (context) => {
    skipIf(noTinyDisk, context);
    const place = written('a', [5, 200_000, 33]);
    const manifest = await manifestOf(place, undefined, 32_768);
    const small = folder.file('small');
    mkdirSync(small);
    const disk = new TinyDisk(small, '100k');
    try {
      const tree = await incomingTrees(small).open(manifest);
      const writeAll = async (): Promise<void> => {
        for (let i = 0; i < manifest.chunks; i++)
          await tree.write(i, await readChunk(place, manifest, i));
      };
      await expect(writeAll()).rejects.toMatchObject({ code: 'ENOSPC' });
      await tree.close();
    } finally {
      disk.unmount();
    }
  });
});

describe('Datasets in chunks: serving', () => {
  const request = (text: object, body: Uint8Array = NO_BYTES) =>
    parseDataRequest(JSON.stringify(text), body);

  it('chooses the chunk sent least often of those that the reader lacks', async () => {
    const tree = memoryTree(6, 1);
    const server = new ChunkServer(() => tree);
    const any = async (reader: string, lacks: readonly number[]): Promise<unknown> => {
      const bitmap = new Bitmap(6);
      for (const index of lacks) bitmap.add(index);
      const asked = request({ type: 'any', no: 1, tree: tree.manifest.tree }, bitmap.bytes());
      return (await server.serve(reader, asked)).head;
    };
    expect(await any('a', [0, 1, 2])).toMatchObject({ type: 'chunk', index: 0 });
    expect(await any('b', [0, 1, 2])).toMatchObject({ type: 'chunk', index: 1 });
    expect(await any('c', [0, 1])).toMatchObject({ type: 'chunk', index: 0 });
    // Chunk 1 was sent less often, but to this reader a moment ago.
    expect(await any('b', [0, 1])).toMatchObject({ type: 'chunk', index: 0 });
    expect(await any('d', [])).toMatchObject({ type: 'none' });
  });

  it('refuses a ninth request under way of one reader, and answers other readers', async () => {
    const tree = memoryTree(6, 1);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const server = new ChunkServer(async () => {
      await held;
      return tree;
    });
    const asked = request({ type: 'chunk', no: 1, tree: tree.manifest.tree, index: 0 });
    const eight = Array.from({ length: 8 }, () => server.serve('a', asked));
    expect((await server.serve('a', asked)).head.type).toBe('busy');
    const other = server.serve('b', asked);
    release();
    expect((await other).head.type).toBe('chunk');
    expect((await Promise.all(eight)).every(({ head }) => head.type === 'chunk')).toBe(true);
  });

  it('answers `none` for a tree, chunk or file that is not here', async () => {
    const tree = memoryTree(6, 1);
    const broken = { ...tree, read: () => Promise.reject(new Error('EIO')) };
    const chunk = (index: number) =>
      request({ type: 'chunk', no: 1, tree: tree.manifest.tree, index });
    expect((await new ChunkServer(() => null).serve('a', chunk(0))).head.type).toBe('none');
    expect((await new ChunkServer(() => tree).serve('a', chunk(6))).head.type).toBe('none');
    expect((await new ChunkServer(() => broken).serve('a', chunk(0))).head.type).toBe('none');
  });
});

describe('Datasets in chunks: limits', () => {
  const kept = ['a', 'b', 'c'].map((content, i) => ({ content, bytes: 10, usedAt: i }));
  const names = (wanted: string[], limits: Parameters<typeof toEvict>[2]): string =>
    toEvict(kept, new Set(wanted), limits)
      .map(({ content }) => content)
      .join('');

  it('removes the least recently used datasets first, and none that a study names', () => {
    expect(names([], { most: 100, needed: 10, free: 50 })).toBe('');
    expect(names([], { most: 30, needed: 10, free: 50 })).toBe('a');
    expect(names(['a'], { most: 30, needed: 10, free: 50 })).toBe('b');
    expect(names([], { most: 100, needed: 25, free: 10 })).toBe('ab');
    expect(names(['a', 'b', 'c'], { most: 0, needed: 10, free: 0 })).toBe('');
  });

  it('keeps 50 GB, or a fifth of a smaller disk', () => {
    expect(keptBytes(1e12)).toBe(50e9);
    expect(keptBytes(100e9)).toBe(20e9);
  });

  it('gives a reader four sources, those with the fewest readers first', () => {
    const introductions = new Introductions();
    for (const node of ['a', 'b', 'c', 'd', 'e', 'f']) introductions.addSource('t', node);
    const sourcesOf = (reader: string): string =>
      introductions
        .forReader('t', reader)
        .map(({ source }) => source)
        .join('');
    expect(sourcesOf('a')).toBe('bcde');
    expect(sourcesOf('b')).toBe('afcd');
    expect(sourcesOf('b')).toBe('');
    introductions.gone('f');
    expect(sourcesOf('b')).toBe('e');
    expect(introductions.all()).toHaveLength(8);
  });
});
