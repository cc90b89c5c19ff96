/**
 * Yields every file of a path, whatever its nesting: folders, zip, tar, gzip and xz. Never writes
 * under an entry's name: an entry stays in memory or is stored temporarily under a number.
 */
import { closeSync, readdirSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { mismatch, unreadable } from '../dataset-error.ts';
import { FileBytes, MemoryBytes, PutAside, runs, type Bytes } from './bytes.ts';
import { ChunkReader } from './chunk-reader.ts';
import { entryName, isDebris, refusedDuplicate, refusedLink, safePath } from './entry-name.ts';
import { Expansion } from './expansion.ts';
import type { Meter } from './meter.ts';
import { NameSet } from './name-set.ts';
import { isOpenDatabase, openDatabasesIn } from './open-database.ts';
import { belowFolder, sharedFolder, type Source } from './several.ts';
import { streamed } from './streamed.ts';
import { isTar, tarEntries } from './tar.ts';
import { created, writeWhole } from './write-whole.ts';
import { unxz } from './xz.ts';
import { zipEntries, zipEntryCount } from './zip.ts';

export interface Item {
  /**
   * Path below the requested one, `/` between its parts, which determines classes and splits.
   * Empty: the file itself was requested.
   */
  readonly path: string;
  /** The consumer of the item closes or discards it. */
  readonly bytes: Bytes;
}

/** Context of a walk. */
export interface Reading {
  readonly meter: Meter;
  /** Called every few milliseconds; may throw to end the walk. */
  readonly checkpoint: () => void;
}

/** Greatest size in bytes of an entry that stays in memory. */
const IN_MEMORY = 8 * 2 ** 20;
const DEEPEST = 3;
const HEAD = 512;
const GZIP_CHUNK = 256 * 1024;

/**
 * @param name of the source in errors
 * @param aside an existing folder for entries too large for memory
 * @throws DatasetError with file and entry
 */
export async function* walk(
  { paths, name }: Pick<Source, 'paths'> & { name: string },
  aside: string,
  reading: Reading,
): AsyncGenerator<Item> {
  const { meter } = reading;
  const walking = new Walk(name, aside, reading);
  const [path = '', another] = paths;
  if (another !== undefined) {
    yield* walking.several(paths);
    return;
  }
  const root = statsOf(path, name);
  if (root.isDirectory()) {
    meter.samples = filesBelow(path, []);
    yield* walking.folder(path, '', []);
    return;
  }
  meter.ofBytes = root.size;
  yield* walking.unwrapped(
    { path: '', bytes: new FileBytes(basename(name), path, meter) },
    0,
    null,
  );
}

class Walk {
  readonly #name: string;
  readonly #aside: string;
  readonly #reading: Reading;
  #put = 0;
  #inXz = false;

  constructor(name: string, aside: string, reading: Reading) {
    this.#name = basename(name);
    this.#aside = aside;
    this.#reading = reading;
  }

  /** @param above real paths of the folders around this one: a link to one of them is skipped */
  async *folder(root: string, path: string, above: readonly string[]): AsyncGenerator<Item> {
    const here = join(root, path);
    let real: string;
    let entries: Dirent[];
    try {
      real = realpathSync(here);
      if (above.includes(real)) return;
      entries = readdirSync(here, { withFileTypes: true }).sort((a, b) =>
        a.name < b.name ? -1 : 1,
      );
    } catch (error) {
      throw unreadable(path === '' ? this.#name : path, error);
    }
    const open = openDatabasesIn(entries.map(({ name }) => name));
    for (const entry of entries) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (isDebris(entry.name) || open.has(entry.name)) continue;
      const kind = entry.isSymbolicLink() ? followed(join(root, below)) : entry;
      if (kind === null)
        throw mismatch(below, null, 'a link to a file or folder', 'one to nothing');
      if (kind.isDirectory()) yield* this.folder(root, below, [...above, real]);
      else if (kind.isFile() && !(entry.isSymbolicLink() && isOpenDatabase(join(root, below))))
        yield* this.unwrapped(
          { path: below, bytes: new FileBytes(below, join(root, below), this.#reading.meter) },
          0,
          null,
        );
    }
  }

  /** Walks several paths as if the folder they share contained only them. */
  async *several(paths: readonly string[]): AsyncGenerator<Item> {
    const { meter } = this.#reading;
    const shared = sharedFolder(paths);
    // All are checked before the first is read, so that a missing one is reported at once.
    const found = belowFolder(shared, paths).map((below) => ({
      below,
      path: join(shared, below),
      stats: statsOf(join(shared, below), below),
    }));
    const folders = found.filter(({ stats }) => stats.isDirectory());
    if (folders.length === 0) meter.ofBytes = found.reduce((sum, { stats }) => sum + stats.size, 0);
    else
      meter.samples = folders.reduce(
        (sum, { path }) => sum + filesBelow(path, []),
        found.length - folders.length,
      );
    for (const { below, path, stats } of found) {
      if (stats.isDirectory()) yield* this.folder(shared, below, []);
      else
        yield* this.unwrapped({ path: below, bytes: new FileBytes(below, path, meter) }, 0, null);
    }
  }

  /** Yields the item itself, or the contents of an archive. */
  async *unwrapped(item: Item, depth: number, outer: Expansion | null): AsyncGenerator<Item> {
    const { bytes } = item;
    const wrapping = wrappingOf(bytes.read(0, Math.min(HEAD, bytes.length)));
    if (wrapping === null) {
      yield item;
      return;
    }
    if (depth >= DEEPEST)
      throw mismatch(
        bytes.name,
        null,
        `archives nested at most ${String(DEEPEST)} deep`,
        'another inside',
      );
    const expansion = outer ?? new Expansion(bytes.name, bytes.length);
    if (wrapping === 'zip') yield* this.#zip(item, depth, expansion);
    else if (wrapping === 'tar')
      yield* this.#tar(item, new ChunkReader(bytes.name, plain(bytes)), depth, expansion);
    else if (wrapping === 'xz') yield* this.#xz(item, depth, expansion);
    else
      yield* this.#compressed(
        item,
        streamed(
          createGunzip({ chunkSize: GZIP_CHUNK }),
          bytes,
          0,
          bytes.length,
          bytes.name,
          'a whole gzip file',
        ),
        depth,
        expansion,
      );
    bytes.discard();
  }

  /** One at a time: the library has one decoder, and a second would wait for the first for ever. */
  async *#xz(item: Item, depth: number, expansion: Expansion): AsyncGenerator<Item> {
    if (this.#inXz)
      throw mismatch(
        item.bytes.name,
        null,
        'no xz file inside an xz archive',
        'one',
        'unpack the outer one first',
      );
    this.#inXz = true;
    yield* this.#compressed(item, unxz(item.bytes), depth, expansion);
    this.#inXz = false;
  }

  async *#zip(item: Item, depth: number, expansion: Expansion): AsyncGenerator<Item> {
    const { meter } = this.#reading;
    if (depth === 0) meter.samples = (meter.samples ?? 0) + (await zipEntryCount(item.bytes));
    const names = new NameSet();
    for await (const { name, link, content } of zipEntries(item.bytes)) {
      const path = safePath(item.bytes.name, name);
      if (isDebris(path)) continue;
      if (!names.add(path)) throw refusedDuplicate(item.bytes.name, name);
      if (link) throw refusedLink(item.bytes.name, name);
      yield* this.#entry(item, path, content(), depth, expansion);
    }
  }

  async *#tar(
    item: Item,
    reader: ChunkReader,
    depth: number,
    expansion: Expansion,
  ): AsyncGenerator<Item> {
    const names = new NameSet();
    for await (const { name, link, content } of tarEntries(item.bytes.name, reader)) {
      const path = safePath(item.bytes.name, name);
      if (isDebris(path)) continue;
      if (!names.add(path)) throw refusedDuplicate(item.bytes.name, name);
      if (link) throw refusedLink(item.bytes.name, name);
      yield* this.#entry(item, path, content, depth, expansion);
    }
  }

  /** gzip and xz contain one file, often a tar. */
  async *#compressed(
    item: Item,
    content: AsyncIterable<Uint8Array>,
    depth: number,
    expansion: Expansion,
  ): AsyncGenerator<Item> {
    const reader = new ChunkReader(item.bytes.name, content);
    try {
      const head = await reader.upTo(HEAD);
      const whole = new ChunkReader(item.bytes.name, joined(head, reader));
      if (isTar(head)) {
        yield* this.#tar(item, whole, depth, expansion);
        // Reads to the end, where the checksum is.
        for await (const chunk of whole.rest()) {
          expansion.took(chunk.length, 'its end');
          this.#reading.checkpoint();
        }
      } else {
        const bytes = await this.#keep(item.bytes.name, whole.rest(), expansion);
        yield* this.unwrapped(
          { path: item.path.replace(/\.(?:gz|xz)$/i, ''), bytes },
          depth + 1,
          expansion,
        );
      }
    } finally {
      await reader.close();
    }
  }

  async *#entry(
    archive: Item,
    path: string,
    content: AsyncIterable<Uint8Array>,
    depth: number,
    expansion: Expansion,
  ): AsyncGenerator<Item> {
    const bytes = await this.#keep(entryName(archive.bytes.name, path), content, expansion);
    const outer = archive.path.replace(/\.(?:zip|npz|tar|tgz|txz|tar\.gz|tar\.xz)$/i, '');
    yield* this.unwrapped(
      { path: outer === '' ? path : `${outer}/${path}`, bytes },
      depth + 1,
      expansion,
    );
  }

  /** Keeps it in memory while small, else in a file of its own. */
  async #keep(
    name: string,
    content: AsyncIterable<Uint8Array>,
    expansion: Expansion,
  ): Promise<Bytes> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let file: { readonly path: string; readonly descriptor: number } | null = null;
    try {
      for await (const chunk of content) {
        expansion.took(chunk.length, name);
        this.#reading.checkpoint();
        size += chunk.length;
        chunks.push(Uint8Array.from(chunk));
        if (size <= IN_MEMORY) continue;
        if (file === null) {
          const path = join(this.#aside, `entry-${String((this.#put += 1))}`);
          file = { path, descriptor: created(path, 'wx') };
        }
        for (const kept of chunks.splice(0)) writeWhole(file.descriptor, kept);
      }
    } finally {
      if (file !== null) closeSync(file.descriptor);
    }
    if (file !== null) return new PutAside(name, file.path);
    const [only, another] = chunks;
    return new MemoryBytes(
      name,
      only !== undefined && another === undefined ? only : Buffer.concat(chunks),
    );
  }
}

/** @throws DatasetError if it is neither file nor folder: opening a pipe would block for ever */
function statsOf(path: string, name: string): Stats {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw unreadable(name, error);
  }
  if (!stats.isFile() && !stats.isDirectory())
    throw mismatch(name, null, 'a file or a folder', 'a pipe, socket or device');
  if (stats.isFile() && isOpenDatabase(path))
    throw mismatch(name, null, 'data', 'a database that a program has open');
  return stats;
}

/**
 * Number of files that `folder` will yield, approximately. Unreadable folders are reported when
 * they are reached.
 */
function filesBelow(path: string, above: readonly string[]): number {
  try {
    const real = realpathSync(path);
    if (above.includes(real)) return 0;
    const entries = readdirSync(path, { withFileTypes: true }).filter(
      ({ name }) => !isDebris(name),
    );
    return entries.reduce(
      (sum, entry) =>
        sum + (entry.isFile() ? 1 : filesBelow(join(path, entry.name), [...above, real])),
      0,
    );
  } catch {
    return 0;
  }
}

type Wrapping = 'zip' | 'tar' | 'gzip' | 'xz';

function wrappingOf(head: Uint8Array): Wrapping | null {
  const begins = (...magic: number[]): boolean => magic.every((byte, i) => head[i] === byte);
  if (begins(0x50, 0x4b, 3, 4) || begins(0x50, 0x4b, 5, 6)) return 'zip';
  if (begins(0x1f, 0x8b)) return 'gzip';
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)) return 'xz';
  return isTar(head) ? 'tar' : null;
}

function followed(path: string): { isDirectory(): boolean; isFile(): boolean } | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

async function* plain(bytes: Bytes): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* runs(bytes, 0, bytes.length, GZIP_CHUNK);
}

async function* joined(head: Uint8Array, rest: ChunkReader): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest.rest();
}
