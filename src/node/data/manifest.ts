/**
 * The chunk manifest of a stored dataset: the lengths of its files and the SHA-256 of each chunk of
 * the files one after the other. The SHA-256 of the manifest names the dataset's tree; with it, a
 * chunk from any source can be verified.
 */
import { createHash, webcrypto } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../core/at.ts';
import { GalapagosError } from '../../core/errors.ts';
import { CHUNK_BYTES, MOST_CHUNKS } from '../../protocol/data-messages.ts';

/** Files of a dataset, in the order of its chunks. */
export const TREE_FILES = ['description.json', 'training', 'test'] as const;

const FORMAT = Buffer.from('galapagos-tree/1\n');
const HEAD_BYTES = FORMAT.length + 8 * TREE_FILES.length + 4;
const HASH_BYTES = 32;
/** Greatest length of `description.json`, in bytes; node and host read it whole. */
const MOST_DESCRIPTION = 64 * CHUNK_BYTES;
const LEAST_CHUNK = 16;

export interface Manifest {
  /** SHA-256 of its bytes, in hex. */
  readonly tree: string;
  readonly bytes: Uint8Array;
  /** Length of each of `TREE_FILES`. */
  readonly lengths: readonly number[];
  readonly chunkBytes: number;
  readonly chunks: number;
  /** Length of all files together. */
  readonly total: number;
  /** SHA-256 of a chunk, in hex. */
  hashOf(index: number): string;
  /** Length of a chunk. */
  lengthOf(index: number): number;
}

/** A part of a file. */
export interface FilePart {
  readonly file: (typeof TREE_FILES)[number];
  /** Offset in the file. */
  readonly from: number;
  readonly length: number;
}

/** Returns the greatest length that the manifest of a permitted dataset has. */
export const MOST_MANIFEST_BYTES = HEAD_BYTES + MOST_CHUNKS * HASH_BYTES;

/** @param hashes SHA-256 of each chunk, 32 bytes each */
export function createManifest(
  lengths: readonly number[],
  hashes: Uint8Array,
  chunkBytes: number = CHUNK_BYTES,
): Manifest {
  const head = Buffer.alloc(HEAD_BYTES);
  FORMAT.copy(head);
  lengths.forEach((length, i) => head.writeBigUInt64BE(BigInt(length), FORMAT.length + 8 * i));
  head.writeUInt32BE(chunkBytes, FORMAT.length + 8 * TREE_FILES.length);
  return parseManifest(Buffer.concat([head, hashes]));
}

/**
 * @throws GalapagosError `malformed`: which part of the manifest, expected and found. Its hash is
 *   the caller's to compare.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const refuse = (part: string, expected: string, found: string): GalapagosError =>
    new GalapagosError(
      'malformed',
      `a dataset's chunk manifest: ${part}: expected ${expected}, found ${found}`,
      { part, expected, found },
    );
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.length < HEAD_BYTES)
    throw refuse('length', `at least ${HEAD_BYTES} bytes`, String(view.length));
  if (!view.subarray(0, FORMAT.length).equals(FORMAT))
    throw refuse('format', 'galapagos-tree/1', 'another one');
  const lengths = TREE_FILES.map((_, i) => Number(view.readBigUInt64BE(FORMAT.length + 8 * i)));
  const chunkBytes = view.readUInt32BE(FORMAT.length + 8 * TREE_FILES.length);
  if (chunkBytes < LEAST_CHUNK || chunkBytes > CHUNK_BYTES)
    throw refuse('chunk size', `${LEAST_CHUNK} to ${CHUNK_BYTES} bytes`, String(chunkBytes));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const chunks = Math.ceil(total / chunkBytes);
  if (chunks < 1 || chunks > MOST_CHUNKS)
    throw refuse('lengths', `1 to ${MOST_CHUNKS} chunks`, String(chunks));
  if (at(lengths, 0) > MOST_DESCRIPTION)
    throw refuse('description', `at most ${MOST_DESCRIPTION} bytes`, String(lengths[0]));
  if (view.length !== HEAD_BYTES + chunks * HASH_BYTES)
    throw refuse('hashes', `${chunks} of ${HASH_BYTES} bytes`, `${view.length - HEAD_BYTES} bytes`);
  return {
    tree: createHash('sha256').update(view).digest('hex'),
    bytes,
    lengths,
    chunkBytes,
    chunks,
    total,
    hashOf: (index) => {
      const from = HEAD_BYTES + index * HASH_BYTES;
      return view.toString('hex', from, from + HASH_BYTES);
    },
    lengthOf: (index) => Math.min(chunkBytes, total - index * chunkBytes),
  };
}

/** Returns the parts of files that a chunk consists of, in order. */
export function partsOf(manifest: Manifest, index: number): FilePart[] {
  const parts: FilePart[] = [];
  let from = index * manifest.chunkBytes;
  let left = manifest.lengthOf(index);
  TREE_FILES.forEach((file, i) => {
    const length = at(manifest.lengths, i);
    if (left > 0 && from < length) {
      const here = Math.min(left, length - from);
      parts.push({ file, from, length: here });
      left -= here;
      from = 0;
    } else from -= length;
  });
  return parts;
}

/**
 * Returns whether bytes are the chunk that the manifest names. Long ones are hashed in another
 * thread.
 */
export async function isChunk(
  manifest: Manifest,
  index: number,
  bytes: Uint8Array,
): Promise<boolean> {
  if (index >= manifest.chunks || bytes.length !== manifest.lengthOf(index)) return false;
  return (await sha256(bytes)).toString('hex') === manifest.hashOf(index);
}

/** Bytes from which hashing them in another thread is worth its overhead. */
const IN_THREAD = 2 ** 16;

async function sha256(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length < IN_THREAD) return createHash('sha256').update(bytes).digest();
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));
}

/** Reads one chunk. @returns fewer bytes if a file is shorter than the manifest says */
export async function readChunk(
  folder: string,
  manifest: Manifest,
  index: number,
): Promise<Uint8Array> {
  const chunk = new Uint8Array(manifest.lengthOf(index));
  let done = 0;
  for (const { file, from, length } of partsOf(manifest, index)) {
    const handle = await open(join(folder, file));
    try {
      const { bytesRead } = await handle.read(chunk, done, length, from);
      done += bytesRead;
      if (bytesRead < length) return chunk.subarray(0, done);
    } finally {
      await handle.close();
    }
  }
  return chunk;
}

/** The open files of a tree, read and written by chunk. */
export class TreeFiles {
  readonly #handles: readonly FileHandle[];

  private constructor(handles: readonly FileHandle[]) {
    this.#handles = handles;
  }

  /** @param folder contains `TREE_FILES` */
  static async open(folder: string, flags: 'r' | 'r+' = 'r'): Promise<TreeFiles> {
    const handles: FileHandle[] = [];
    try {
      for (const file of TREE_FILES) handles.push(await open(join(folder, file), flags));
    } catch (error) {
      for (const handle of handles) await handle.close();
      throw error;
    }
    return new TreeFiles(handles);
  }

  async lengths(): Promise<number[]> {
    return Promise.all(this.#handles.map(async (handle) => (await handle.stat()).size));
  }

  /** Returns the chunk; shorter than its length if a file is. */
  async read(manifest: Manifest, index: number): Promise<Uint8Array> {
    const chunk = new Uint8Array(manifest.lengthOf(index));
    let done = 0;
    for (const { file, from, length } of partsOf(manifest, index)) {
      const read = await this.#of(file).read(chunk, done, length, from);
      done += read.bytesRead;
      if (read.bytesRead < length) return chunk.subarray(0, done);
    }
    return chunk;
  }

  async write(manifest: Manifest, index: number, chunk: Uint8Array): Promise<void> {
    let done = 0;
    for (const { file, from, length } of partsOf(manifest, index)) {
      const handle = this.#of(file);
      for (let written = 0; written < length;) {
        const part = await handle.write(chunk, done + written, length - written, from + written);
        written += part.bytesWritten;
      }
      done += length;
    }
  }

  async truncate(lengths: readonly number[]): Promise<void> {
    for (const [i, handle] of this.#handles.entries()) await handle.truncate(at(lengths, i));
  }

  async sync(): Promise<void> {
    for (const handle of this.#handles) await handle.datasync();
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle.close();
  }

  #of(file: FilePart['file']): FileHandle {
    return at(this.#handles, TREE_FILES.indexOf(file));
  }
}

/**
 * Reads a dataset's files and hashes their chunks. @param folder contains `TREE_FILES`
 * @param signal ends it with the signal's reason
 */
export async function manifestOf(
  folder: string,
  signal?: AbortSignal,
  chunkBytes: number = CHUNK_BYTES,
): Promise<Manifest> {
  const files = await TreeFiles.open(folder);
  try {
    const lengths = await files.lengths();
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const chunks = Math.ceil(total / chunkBytes);
    // Only lengths are read from it: the hashes are not known yet.
    const layout = createManifest(lengths, new Uint8Array(chunks * HASH_BYTES), chunkBytes);
    const hashes = new Uint8Array(chunks * HASH_BYTES);
    for (let i = 0; i < chunks; i++) {
      signal?.throwIfAborted();
      hashes.set(await sha256(await files.read(layout, i)), i * HASH_BYTES);
    }
    return createManifest(lengths, hashes, chunkBytes);
  } finally {
    await files.close();
  }
}
