/** A whole dataset on this machine, as chunks, with its chunk manifest kept beside its files. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../core/at.ts';
import { Bitmap } from './bitmap.ts';
import type { ChunkReader } from './incoming.ts';
import { TREE_FILES, manifestOf, parseManifest, readChunk, type Manifest } from './manifest.ts';

/** File of the manifest in the dataset's folder. */
export const MANIFEST_FILE = 'tree';

function storedTree(folder: string, manifest: Manifest): ChunkReader {
  return {
    manifest,
    has: (index) => index < manifest.chunks,
    have: () => new Bitmap(manifest.chunks).inverted(),
    read: (index) => readChunk(folder, manifest, index),
  };
}

/**
 * Opens a dataset whose manifest is kept; null: it is not, or the files have other lengths.
 * @param folder contains `TREE_FILES`
 */
export async function keptTree(folder: string): Promise<ChunkReader | null> {
  try {
    const manifest = parseManifest(await readFile(join(folder, MANIFEST_FILE)));
    for (const [i, file] of TREE_FILES.entries()) {
      const { size } = await stat(join(folder, file));
      if (size !== at(manifest.lengths, i)) return null;
    }
    return storedTree(folder, manifest);
  } catch {
    // Absent or damaged: it is computed again.
    return null;
  }
}

/**
 * Opens a dataset, hashing its files unless its manifest is kept. A manifest that cannot be kept,
 * on a full disk for example, is computed again another time.
 * @throws Error of the system if a file cannot be read
 */
export async function servedTree(folder: string, signal?: AbortSignal): Promise<ChunkReader> {
  const kept = await keptTree(folder);
  if (kept !== null) return kept;
  const manifest = await manifestOf(folder, signal);
  try {
    const path = join(folder, MANIFEST_FILE);
    await writeFile(`${path}.new`, manifest.bytes);
    await rename(`${path}.new`, path);
  } catch {
    // Not kept.
  }
  return storedTree(folder, manifest);
}
