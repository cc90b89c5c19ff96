/**
 * Files uploaded by a browser: announced first, then written in verified chunks, each file in
 * order, many small ones in a chunk. Their contents are not interpreted. A folder of their own
 * keeps them until the last holder releases them, they are discarded, or the application ends.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../core/at.ts';
import { GalapagosError } from '../../core/errors.ts';
import { hasOwner } from '../../datasets/staging.ts';
import type { ParsedOf } from '../../protocol/endpoint.ts';
import type { Commands } from '../../protocol/endpoints.ts';
import { prepareUserFolder } from '../../runtime/prepare-user-folder.ts';
import { removeTree } from '../../runtime/remove-tree.ts';
import { turn } from '../../runtime/turn.ts';
import { badUpload, checkUploadList } from './upload-list.ts';
import type { AnnouncedFile } from './upload-list.ts';

/** Greatest size of one chunk in bytes. */
export const CHUNK_BYTES = 2 ** 20;
/** Milliseconds without a holder or a write after which an upload counts as abandoned. */
const LEFT_MS = 3_600_000;
/** Files of a list that are created in one turn: a few milliseconds of work. */
const TURN_FILES = 5_000;
/** Files of a chunk that are written concurrently. */
const AT_ONCE = 4;

interface UploadedFile {
  readonly path: string;
  readonly bytes: number;
  received: number;
  writing: boolean;
}

interface Upload {
  readonly folder: string;
  readonly files: readonly UploadedFile[];
  holders: number;
  /** Time of the last write, on `now`'s clock. */
  writtenAt: number;
}

/** A finished upload that is still needed. */
export interface HeldUpload {
  /** Its path: the single file or folder it consists of, or the folder of all. */
  readonly path: string;
  /** Idempotent. When the last holder releases it, the upload is discarded. */
  readonly release: () => void;
}

export interface Chunk {
  readonly upload: string;
  /**
   * Index in the announced list. Data beyond the end of this file belong to the next one, so small
   * files share a chunk.
   */
  readonly file: number;
  readonly offset: number;
  /** SHA-256 of the chunk, hexadecimal. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export class Uploads {
  readonly #folder: string;
  readonly #uploads = new Map<string, Upload>();
  readonly #removing = new Set<Promise<void>>();
  readonly #now: () => number;

  /**
   * @param folder absolute; created when needed. Files of exited processes in it are
   *   removed, at the latest when `close` resolves.
   * @param now milliseconds of a monotonic clock
   * @throws GalapagosError `user-folder` where the folder cannot be written
   */
  constructor(folder: string, now: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#now = now;
    prepareUserFolder(folder);
    for (const left of readdirSync(folder)) {
      if (!left.startsWith(`${String(process.pid)}-`) && !hasOwner(left))
        void this.#delete(join(folder, left));
    }
  }

  /**
   * @throws GalapagosError `bad-upload` as `checkUploadList`, or if the disk does not accept a
   *   name; `disk-full`
   */
  async begin({ files }: ParsedOf<Commands['beginUpload']>): Promise<{ upload: string }> {
    checkUploadList(files);
    return this.beginChecked(files);
  }

  /** As `begin`, for a checked list; yields to the event loop for a long one. */
  async beginChecked(announced: Iterable<AnnouncedFile>): Promise<{ upload: string }> {
    for (const [left, { holders, writtenAt }] of this.#uploads) {
      if (holders === 0 && this.#now() - writtenAt > LEFT_MS) void this.#remove(left);
    }
    const upload = randomUUID();
    const folder = join(this.#folder, `${String(process.pid)}-${upload}`);
    const files: UploadedFile[] = [];
    const begun = { folder, files, holders: 0, writtenAt: this.#now() };
    const folders = new Set(['']);
    for (const { path, bytes } of announced) {
      files.push({ path, bytes, received: 0, writing: false });
      folders.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      if (files.length % TURN_FILES === 0) await turn();
    }
    this.#uploads.set(upload, begun);
    let made = '';
    try {
      for (const below of folders)
        await mkdir(join(folder, (made = below)), { recursive: true, mode: 0o700 });
      for (const [i, { path, bytes }] of files.entries()) {
        if (bytes === 0) await (await open(join(folder, (made = path)), 'w', 0o600)).close();
        else if (i % TURN_FILES === 0) await turn();
      }
    } catch (error) {
      await this.#remove(upload);
      throw withoutPath(made, error);
    }
    return { upload };
  }

  /**
   * Writes one chunk; writing the same one again is no error.
   * @returns the number of bytes present of its first file
   * @throws GalapagosError `bad-upload` if it differs from the announcement; `disk-full`; the chunk
   *   may be sent again afterwards
   */
  async write({
    upload,
    file: index,
    offset,
    sha256,
    bytes,
  }: Chunk): Promise<{ received: number }> {
    const known = this.#known(upload);
    const { folder, files } = known;
    known.writtenAt = this.#now();
    const file = files[index];
    if (file === undefined)
      throw badUpload('', `a file from 0 to ${files.length - 1}`, String(index));
    if (bytes.length > CHUNK_BYTES)
      throw badUpload(file.path, `a chunk of at most ${CHUNK_BYTES} bytes`, String(bytes.length));
    const parts = partsOf(files, index, offset, bytes);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256)
      throw badUpload(file.path, `a chunk at byte ${offset} with SHA-256 ${sha256}`, found);
    const waiting = parts.values();
    const putAll = async (): Promise<void> => {
      for (const part of waiting) await put(folder, part);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, putAll));
    return { received: file.received };
  }

  /**
   * Path of a finished upload: the single file or folder it consists of, or the folder of all.
   * @throws GalapagosError `unknown-upload`, `upload-incomplete`
   */
  pathOf(upload: string): string {
    const { folder, files } = this.#known(upload);
    const lacking = files.find(({ received, bytes }) => received < bytes);
    if (lacking !== undefined) {
      const data = {
        file: lacking.path,
        expected: `${lacking.bytes} bytes`,
        found: `${lacking.received} bytes`,
      };
      throw new GalapagosError(
        'upload-incomplete',
        `${lacking.path}: expected ${data.expected}, found ${data.found}`,
        data,
      );
    }
    const tops = [...new Set(files.map(({ path }) => at(path.split('/'), 0)))];
    return tops.length === 1 ? join(folder, at(tops, 0)) : folder;
  }

  /** @throws GalapagosError `unknown-upload`, `upload-incomplete` */
  hold(upload: string): HeldUpload {
    const path = this.pathOf(upload);
    const known = this.#known(upload);
    known.holders += 1;
    let held = true;
    return {
      path,
      release: () => {
        if (held) known.holders -= 1;
        if (held && known.holders === 0) void this.#remove(upload);
        held = false;
      },
    };
  }

  /** Discards an upload; one that is held is removed when it is released. */
  async discard(upload: string): Promise<null> {
    if (this.#uploads.get(upload)?.holders === 0) await this.#remove(upload);
    return null;
  }

  async close(): Promise<void> {
    for (const upload of this.#uploads.keys()) void this.#remove(upload);
    await Promise.all(this.#removing);
  }

  /**
   * Forgets the upload at once; removing many files takes a while, and files that cannot be removed
   * now are removed at the next start.
   */
  #remove(upload: string): Promise<void> {
    const folder = this.#uploads.get(upload)?.folder;
    this.#uploads.delete(upload);
    if (folder === undefined) return Promise.resolve();
    return this.#delete(folder);
  }

  #delete(folder: string): Promise<void> {
    const removed = removeTree(folder)
      .catch(() => undefined)
      .finally(() => this.#removing.delete(removed));
    this.#removing.add(removed);
    return removed;
  }

  #known(upload: string): Upload {
    const known = this.#uploads.get(upload);
    if (known === undefined)
      throw new GalapagosError('unknown-upload', `there is no upload ${JSON.stringify(upload)}`, {
        upload,
      });
    return known;
  }
}

interface Part {
  readonly file: UploadedFile;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Returns a chunk's part of each file. @throws GalapagosError `bad-upload` if it is longer than all
 * files
 */
function partsOf(
  files: readonly UploadedFile[],
  first: number,
  offset: number,
  bytes: Uint8Array,
): Part[] {
  const parts: Part[] = [];
  let [left, at] = [bytes, offset];
  for (let index = first; left.length > 0; index++) {
    const file = files[index];
    if (file === undefined)
      throw badUpload(
        files.at(-1)?.path ?? '',
        'the end of the last file',
        `${left.length} bytes more`,
      );
    if (at > file.bytes)
      throw badUpload(file.path, `${file.bytes} bytes`, `${at + left.length} or more`);
    const part = left.subarray(0, file.bytes - at);
    if (part.length > 0) parts.push({ file, offset: at, bytes: part });
    [left, at] = [left.subarray(part.length), 0];
  }
  return parts;
}

async function put(folder: string, { file, offset, bytes }: Part): Promise<void> {
  if (offset + bytes.length <= file.received) return;
  if (offset !== file.received || file.writing)
    throw badUpload(file.path, `the chunk at byte ${file.received}`, `the one at ${offset}`);
  file.writing = true;
  try {
    const handle = await open(join(folder, file.path), offset === 0 ? 'w' : 'r+', 0o600);
    try {
      await handle.write(bytes, 0, bytes.length, offset);
    } finally {
      await handle.close();
    }
    file.received += bytes.length;
  } catch (error) {
    throw withoutPath(file.path, error);
  } finally {
    file.writing = false;
  }
}

/** Converts a failure of the disk to an error with the file's own name, without the local path. */
function withoutPath(file: string, error: unknown): unknown {
  if (
    !(error instanceof Error && 'code' in error && typeof error.code === 'string') ||
    error instanceof GalapagosError
  )
    return error;
  const { code } = error;
  if (code !== 'ENOSPC' && code !== 'EDQUOT')
    return badUpload(file, 'a name that the disk of the server takes', code, error);
  return new GalapagosError('disk-full', `${file}: the disk is full`, { file }, error);
}
