/**
 * A dataset that is being fetched, on disk: its files at their final lengths, its chunk manifest
 * and the bitmap of the chunks that have been verified and written. The bitmap is written after the
 * chunks are on disk, and every chunk that it names is hashed again when fetching resumes.
 */
import {
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Bitmap } from './bitmap.ts';
import { TREE_FILES, TreeFiles, isChunk, parseManifest, type Manifest } from './manifest.ts';

/** Chunks of one tree that are on this machine. */
export interface ChunkReader {
  readonly manifest: Manifest;
  has(index: number): boolean;
  have(): Bitmap;
  /** Returns the chunk; shorter, or other bytes, if the file was changed. */
  read(index: number): Promise<Uint8Array>;
}

/** Chunks of one tree that are being collected. */
export interface ChunkWriter extends ChunkReader {
  /** Verified chunks. Empty until `resume` has been called. */
  readonly had: Bitmap;
  /** Hashes the chunks that an earlier process has written, calling back after each. */
  resume(progress: () => void): Promise<void>;
  /** @throws Error of the system, such as ENOSPC */
  write(index: number, chunk: Uint8Array): Promise<void>;
  /** Makes the written chunks durable, then the bitmap. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/** Store in which trees are collected. Folders are named by their tree. */
export interface IncomingTrees {
  /** Trees of which something has been collected. */
  names(): Promise<readonly string[]>;
  /** Returns the manifest that an earlier process has stored; null: none. */
  known(tree: string): Promise<Manifest | null>;
  /** Opens the tree, or creates it. */
  open(manifest: Manifest): Promise<ChunkWriter>;
  /** Removes what has been collected. */
  remove(tree: string): Promise<void>;
}

const [MANIFEST, BITMAP] = ['tree', 'bitmap'];

/** @param folder absolute; created if missing */
export function incomingTrees(folder: string): IncomingTrees {
  return {
    names: () => readdir(folder).catch(() => []),
    known: async (tree) => {
      try {
        const manifest = parseManifest(await readFile(join(folder, tree, MANIFEST)));
        return manifest.tree === tree ? manifest : null;
      } catch {
        // Absent or damaged: a source has it.
        return null;
      }
    },
    open: (manifest) => DiskTree.open(join(folder, manifest.tree), manifest),
    remove: (tree) => rm(join(folder, tree), { recursive: true, force: true }),
  };
}

class DiskTree implements ChunkWriter {
  readonly manifest: Manifest;
  readonly had: Bitmap;
  readonly #said: Bitmap;
  readonly #files: TreeFiles;
  readonly #bitmap: FileHandle;

  private constructor(manifest: Manifest, said: Bitmap, files: TreeFiles, bitmap: FileHandle) {
    this.manifest = manifest;
    this.had = new Bitmap(manifest.chunks);
    this.#said = said;
    this.#files = files;
    this.#bitmap = bitmap;
  }

  static async open(folder: string, manifest: Manifest): Promise<DiskTree> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const written = join(folder, `${MANIFEST}.new`);
    await writeFile(written, manifest.bytes);
    await rename(written, join(folder, MANIFEST));
    // Creates the files that do not exist, and changes none.
    for (const file of [...TREE_FILES, BITMAP]) await (await open(join(folder, file), 'a')).close();
    const bitmap = await open(join(folder, BITMAP), 'r+');
    const files = await TreeFiles.open(folder, 'r+');
    await files.truncate(manifest.lengths);
    const said = new Bitmap(manifest.chunks, await bitmap.readFile());
    return new DiskTree(manifest, said, files, bitmap);
  }

  async resume(progress: () => void): Promise<void> {
    for (const index of this.#said) {
      if (await isChunk(this.manifest, index, await this.read(index))) this.had.add(index);
      progress();
    }
  }

  has(index: number): boolean {
    return this.had.has(index);
  }

  have(): Bitmap {
    return this.had;
  }

  read(index: number): Promise<Uint8Array> {
    return this.#files.read(this.manifest, index);
  }

  async write(index: number, chunk: Uint8Array): Promise<void> {
    await this.#files.write(this.manifest, index, chunk);
    this.had.add(index);
  }

  async save(): Promise<void> {
    const bytes = this.had.bytes();
    await this.#files.sync();
    await this.#bitmap.write(bytes, 0, bytes.length, 0);
    await this.#bitmap.datasync();
  }

  async close(): Promise<void> {
    await this.#files.close();
    await this.#bitmap.close();
  }
}
