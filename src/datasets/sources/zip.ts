/**
 * Reads zip archives: stored and deflated entries, zip64. yauzl parses the directory and headers;
 * this file inflates, and accepts sizes and checksums only if they agree with the content.
 */
import { createInflateRaw, crc32, inflateRawSync } from 'node:zlib';
import { fromRandomAccessReader, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { broken, DatasetError, grouped, mismatch, reasonOf } from '../dataset-error.ts';
import { runs, type Bytes } from './bytes.ts';
import { decodedName } from './entry-name.ts';
import { streamed } from './streamed.ts';

export interface ZipEntry {
  readonly name: string;
  /** A symbolic link; its content is its target. */
  readonly link: boolean;
  /** Uncompressed size according to the archive; `content` fails where it differs. */
  readonly size: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

const SMALL = 1 << 20;
const RUN = 64 * 1024;
/** Length of an entry's own header, which is read apart from the directory. */
const LOCAL_HEADER = 30;
/** System that wrote the entry, and the kind in the upper bits of its mode. */
const [UNIX, LINK] = [3, 0o12];
const MOST_ENTRIES = 4_000_000;

/**
 * @throws DatasetError naming the offset or entry at fault; encrypted entries and other methods are
 *   refused when read
 */
export async function* zipEntries(archive: Bytes): AsyncGenerator<ZipEntry> {
  const directory = await opened(archive);
  const entries = directory.eachEntry();
  for (;;) {
    const next = await nextOf(entries, archive, directory);
    if (next === null) return;
    const name = decodedName(next.fileNameRaw);
    const link = next.versionMadeBy >>> 8 === UNIX && next.externalFileAttributes >>> 28 === LINK;
    if (!name.endsWith('/'))
      yield {
        name,
        link,
        size: next.uncompressedSize,
        content: () => contentOf(archive, directory, name, next),
      };
  }
}

/** Number of entries, folders included. */
export async function zipEntryCount(archive: Bytes): Promise<number> {
  return (await opened(archive)).entryCount;
}

function opened(archive: Bytes): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = {
      lazyEntries: true,
      // Names are decoded here: many archives have UTF-8 without saying so.
      decodeStrings: false,
      // Sizes are compared with the content.
      validateEntrySizes: false,
      autoClose: false,
    };
    const reader = new ArchiveReader(archive);
    fromRandomAccessReader(reader, archive.length, options, (error, directory) => {
      if (error !== null) reject(noDirectory(archive, error));
      else if (directory.entryCount > MOST_ENTRIES)
        reject(
          mismatch(
            archive.name,
            null,
            `at most ${grouped(MOST_ENTRIES)} entries`,
            grouped(directory.entryCount),
          ),
        );
      else resolve(directory);
    });
  });
}

function noDirectory({ name, length }: Bytes, error: Error): DatasetError {
  if (error instanceof DatasetError) return error;
  const cut = error.message.includes('signature not found');
  return mismatch(
    name,
    `offset ${grouped(length)}`,
    "the zip's directory at its end",
    cut ? 'none' : reasonOf(error),
    cut ? 'the file is cut short' : 'the archive is damaged',
  );
}

/** The next entry of the directory; null at its end. */
async function nextOf(
  entries: AsyncIterator<Entry>,
  archive: Bytes,
  directory: ZipFile,
): Promise<Entry | null> {
  // The types of the library give the offset as a boolean.
  const offset = Number(directory.readEntryCursor);
  const number = directory.entriesRead + 1;
  try {
    const next = await entries.next();
    return next.done === true ? null : next.value;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw mismatch(
      archive.name,
      `offset ${String(offset)}`,
      `entry ${String(number)} of ${String(directory.entryCount)} of its directory`,
      reasonOf(error),
    );
  }
}

/** Gives yauzl the bytes of an archive, with a buffer for the many small reads of the directory. */
class ArchiveReader extends RandomAccessReader {
  readonly #archive: Bytes;
  #from = 0;
  #ahead = new Uint8Array(0);

  constructor(archive: Bytes) {
    super();
    this.#archive = archive;
  }

  override read(
    target: Buffer,
    at: number,
    length: number,
    offset: number,
    callback: (error: Error | null, read?: number) => void,
  ): void {
    try {
      target.set(
        length === LOCAL_HEADER ? this.#archive.read(offset, length) : this.#next(offset, length),
        at,
      );
    } catch (error) {
      callback(error instanceof Error ? error : new Error(reasonOf(error)));
      return;
    }
    callback(null, length);
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  #next(offset: number, length: number): Uint8Array {
    if (offset < this.#from || offset + length > this.#from + this.#ahead.length) {
      const most = Math.max(length, Math.min(RUN, this.#archive.length - offset));
      this.#ahead = Uint8Array.from(this.#archive.read(offset, most));
      this.#from = offset;
    }
    return this.#ahead.subarray(offset - this.#from, offset - this.#from + length);
  }
}

async function* contentOf(
  archive: Bytes,
  directory: ZipFile,
  name: string,
  entry: Entry,
): AsyncGenerator<Uint8Array> {
  const label = `${archive.name} › ${name}`;
  if ((entry.generalPurposeBitFlag & 1) !== 0)
    throw mismatch(
      label,
      null,
      'an entry without a password',
      'an encrypted one',
      'unpack the archive with its password first',
    );
  const from = await contentOffset(directory, label, entry);
  let crc = 0;
  let size = 0;
  for await (const chunk of unpacked(archive, label, entry, from)) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    if (size > entry.uncompressedSize) break;
    yield chunk;
  }
  if (size !== entry.uncompressedSize)
    throw mismatch(
      label,
      null,
      `${grouped(entry.uncompressedSize)} bytes, as its directory says`,
      size > entry.uncompressedSize ? 'more' : grouped(size),
    );
  if (crc !== entry.crc32)
    throw mismatch(label, null, `checksum ${hex(entry.crc32)}`, hex(crc), 'the archive is damaged');
}

async function contentOffset(directory: ZipFile, label: string, entry: Entry): Promise<number> {
  try {
    return (await directory.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw mismatch(
      label,
      `offset ${String(entry.relativeOffsetOfLocalHeader)}`,
      'the header of this entry, and its content',
      reasonOf(error),
      'the archive is damaged or cut short',
    );
  }
}

async function* unpacked(
  archive: Bytes,
  label: string,
  { compressionMethod: method, compressedSize: packed, uncompressedSize: size }: Entry,
  from: number,
): AsyncGenerator<Uint8Array> {
  if (method === 0) yield* runs(archive, from, packed, RUN);
  else if (method !== 8)
    throw mismatch(
      label,
      null,
      'an entry stored or deflated',
      `compression method ${String(method)}`,
    );
  else if (size <= SMALL && packed <= SMALL) {
    try {
      yield inflateRawSync(archive.read(from, packed), { maxOutputLength: size + 1 });
    } catch (error) {
      throw broken(label, null, 'a whole entry', error);
    }
  } else {
    yield* streamed(createInflateRaw(), archive, from, packed, label, 'a whole entry');
  }
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}
