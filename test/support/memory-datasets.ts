/** Datasets in memory, with the interfaces of those on disk; a crash loses what was not saved. */
import { createHash } from 'node:crypto';
import { Bitmap } from '../../src/node/data/bitmap.ts';
import type { Kept } from '../../src/node/data/evict.ts';
import type { FetchOrder } from '../../src/node/data/fetch.ts';
import type { ChunkReader, ChunkWriter, IncomingTrees } from '../../src/node/data/incoming.ts';
import { createManifest, isChunk, type Manifest } from '../../src/node/data/manifest.ts';
import type { DatasetStore } from '../../src/node/data/node-datasets.ts';

export const CHUNK = 64;
const HASH = 32;

/** A tree of `chunks` chunks whose bytes depend on `seed`; the last one is shorter. */
export function memoryTree(chunks: number, seed: number): ChunkReader & { data: Uint8Array } {
  const data = new Uint8Array(chunks * CHUNK - 5);
  for (let i = 0; i < data.length; i++) data[i] = (i * 31 + seed * 17 + (i >> 8)) & 255;
  const hashes = new Uint8Array(chunks * HASH);
  for (let i = 0; i < chunks; i++)
    hashes.set(
      createHash('sha256')
        .update(data.subarray(i * CHUNK, (i + 1) * CHUNK))
        .digest(),
      i * HASH,
    );
  const manifest = createManifest([7, data.length - 20, 13], hashes, CHUNK);
  return {
    data,
    manifest,
    has: (index) => index < chunks,
    have: () => new Bitmap(chunks).inverted(),
    read: (index) => Promise.resolve(data.slice(index * CHUNK, (index + 1) * CHUNK)),
  };
}

/** A system's error of a full disk. */
function full(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}

interface Collected {
  readonly manifest: Manifest;
  readonly data: Uint8Array;
  /** The bitmap as it was saved last. */
  saved: Uint8Array;
}

export class MemoryStore implements DatasetStore {
  readonly collected = new Map<string, Collected>();
  readonly stored = new Map<string, { readonly manifest: Manifest; readonly data: Uint8Array }>();
  readonly usedAt = new Map<string, number>();
  /** Chunks written, in order; also those written twice. */
  readonly written: number[] = [];
  /** Resolves when the disk takes the next chunk. */
  diskReady: () => Promise<void> = () => Promise.resolve();
  /** Bytes of the disk. */
  capacity = 1e9;
  /** True if the finished dataset is found to be other content than ordered. */
  refuses: string | null = null;

  get #used(): number {
    const collected = [...this.collected.values()].map(
      ({ manifest, saved }) => new Bitmap(manifest.chunks, saved).count * manifest.chunkBytes,
    );
    const stored = [...this.stored.values()].map(({ data }) => data.length);
    return [...collected, ...stored].reduce((sum, bytes) => sum + bytes, 0);
  }

  contents(): readonly string[] {
    return [...this.stored.keys()];
  }

  readonly incoming: IncomingTrees = {
    names: () => Promise.resolve([...this.collected.keys()]),
    known: (tree) => Promise.resolve(this.collected.get(tree)?.manifest ?? null),
    remove: (tree) => {
      this.collected.delete(tree);
      return Promise.resolve();
    },
    open: (manifest) => {
      const known = this.collected.get(manifest.tree) ?? {
        manifest,
        data: new Uint8Array(manifest.total),
        saved: new Uint8Array(0),
      };
      this.collected.set(manifest.tree, known);
      return Promise.resolve(this.#writer(known));
    },
  };

  #writer(tree: Collected): ChunkWriter {
    const { manifest, data } = tree;
    const had = new Bitmap(manifest.chunks);
    const read = (index: number): Promise<Uint8Array> => {
      const from = index * manifest.chunkBytes;
      return Promise.resolve(data.slice(from, from + manifest.lengthOf(index)));
    };
    return {
      manifest,
      had,
      has: (index) => had.has(index),
      have: () => had,
      read,
      resume: async (progress) => {
        for (const index of new Bitmap(manifest.chunks, tree.saved)) {
          if (await isChunk(manifest, index, await read(index))) had.add(index);
          progress();
        }
      },
      write: async (index, chunk) => {
        await this.diskReady();
        if (this.#used + chunk.length > this.capacity) throw full();
        this.written.push(index);
        data.set(chunk, index * manifest.chunkBytes);
        had.add(index);
      },
      save: () => {
        tree.saved = had.bytes();
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  finish({ tree, content }: FetchOrder): Promise<void> {
    if (this.refuses !== null) return Promise.reject(new Error(this.refuses));
    const collected = this.collected.get(tree);
    if (collected === undefined) return Promise.reject(new Error('nothing was collected'));
    this.collected.delete(tree);
    this.stored.set(content, collected);
    return Promise.resolve();
  }

  fetched(): readonly Kept[] {
    return [...this.stored].map(([content, { data }]) => ({
      content,
      bytes: data.length,
      usedAt: this.usedAt.get(content) ?? 0,
    }));
  }

  reader(content: string): Promise<ChunkReader | null> {
    const found = this.stored.get(content);
    if (found === undefined) return Promise.resolve(null);
    const { manifest, data } = found;
    return Promise.resolve({
      manifest,
      has: (index) => index < manifest.chunks,
      have: () => new Bitmap(manifest.chunks).inverted(),
      read: (index) => {
        const from = index * manifest.chunkBytes;
        return Promise.resolve(data.slice(from, from + manifest.lengthOf(index)));
      },
    });
  }

  remove(content: string): Promise<void> {
    this.stored.delete(content);
    return Promise.resolve();
  }

  disk(): Promise<{ free: number; total: number }> {
    return Promise.resolve({ free: this.capacity - this.#used, total: this.capacity });
  }
}
