/**
 * Reads zip archives through their central directory (PKWARE's APPNOTE 6.3): stored and deflated
 * entries, zip64. Names and sizes are accepted only if they agree with the local header and the
 * bytes.
 */
import { createInflateRaw, crc32, inflateRawSync } from 'node:zlib';
import { broken, grouped, mismatch } from '../dataset-error.ts';
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
/** System that wrote the entry, and the kind in the upper bits of its mode. */
const [UNIX, LINK] = [3, 0o12];
const MOST_ENTRIES = 4_000_000;
const [LOCAL, CENTRAL, END, END64, LOCATOR64] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50,
];

/**
 * @throws DatasetError naming the offset or entry at fault; encrypted entries and other methods are
 *   refused when read
 */
export function* zipEntries(archive: Bytes): Generator<ZipEntry> {
  const { offset, count } = directory(archive);
  const read = readAhead(archive);
  let at = offset;
  for (let i = 0; i < count; i++) {
    const fixed = view(read(at, 46));
    if (fixed.getUint32(0, true) !== CENTRAL)
      throw mismatch(
        archive.name,
        `offset ${String(at)}`,
        `entry ${String(i + 1)} of ${String(count)} of its directory`,
        'other bytes',
      );
    const [nameLength, extraLength, commentLength] = [
      fixed.getUint16(28, true),
      fixed.getUint16(30, true),
      fixed.getUint16(32, true),
    ];
    const entry = {
      flags: fixed.getUint16(8, true),
      method: fixed.getUint16(10, true),
      crc: fixed.getUint32(16, true),
      packed: fixed.getUint32(20, true),
      size: fixed.getUint32(24, true),
      local: fixed.getUint32(42, true),
    };
    const name = decodedName(read(at + 46, nameLength));
    extend64(entry, view(read(at + 46 + nameLength, extraLength)));
    at += 46 + nameLength + extraLength + commentLength;
    const link = fixed.getUint8(5) === UNIX && fixed.getUint32(38, true) >>> 28 === LINK;
    if (!name.endsWith('/'))
      yield { name, link, size: entry.size, content: () => contentOf(archive, name, entry) };
  }
}

/** For many small consecutive reads; each result is valid until the next. */
function readAhead(archive: Bytes): (offset: number, length: number) => Uint8Array {
  let from = 0;
  let ahead = new Uint8Array(0);
  return (offset, length) => {
    if (offset < from || offset + length > from + ahead.length) {
      const most = Math.max(length, Math.min(RUN, archive.length - offset));
      ahead = Uint8Array.from(archive.read(offset, most));
      from = offset;
    }
    return ahead.subarray(offset - from, offset - from + length);
  };
}

/** Number of entries, folders included. */
export function zipEntryCount(archive: Bytes): number {
  return directory(archive).count;
}

interface Placed {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  packed: number;
  size: number;
  local: number;
}

async function* contentOf(archive: Bytes, name: string, entry: Placed): AsyncGenerator<Uint8Array> {
  const label = `${archive.name} › ${name}`;
  if ((entry.flags & 1) !== 0)
    throw mismatch(
      label,
      null,
      'an entry without a password',
      'an encrypted one',
      'unpack the archive with its password first',
    );
  const local = view(archive.read(entry.local, 30));
  if (local.getUint32(0, true) !== LOCAL)
    throw mismatch(
      label,
      `offset ${String(entry.local)}`,
      'the header of this entry',
      'other bytes',
    );
  const from = entry.local + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  let crc = 0;
  let size = 0;
  for await (const chunk of unpacked(archive, label, entry, from)) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    if (size > entry.size) break;
    yield chunk;
  }
  if (size !== entry.size)
    throw mismatch(
      label,
      null,
      `${grouped(entry.size)} bytes, as its directory says`,
      size > entry.size ? 'more' : grouped(size),
    );
  if (crc !== entry.crc)
    throw mismatch(label, null, `checksum ${hex(entry.crc)}`, hex(crc), 'the archive is damaged');
}

async function* unpacked(
  archive: Bytes,
  label: string,
  { method, packed, size }: Placed,
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

/** Offset and number of entries of the central directory. */
function directory(archive: Bytes): { readonly offset: number; readonly count: number } {
  const tail = Math.min(archive.length, 22 + 0xffff);
  const end = Uint8Array.from(archive.read(archive.length - tail, tail));
  const bytes = view(end);
  let at = tail - 22;
  while (at >= 0 && bytes.getUint32(at, true) !== END) at -= 1;
  if (at < 0)
    throw mismatch(
      archive.name,
      `offset ${grouped(archive.length)}`,
      "the zip's directory at its end",
      'none',
      'the file is cut short',
    );
  let [count, offset] = [bytes.getUint16(at + 10, true), bytes.getUint32(at + 16, true)];
  if (
    (count === 0xffff || offset === 0xffffffff) &&
    at >= 20 &&
    bytes.getUint32(at - 20, true) === LOCATOR64
  ) {
    const where = Number(bytes.getBigUint64(at - 12, true));
    const end64 = view(archive.read(where, 56));
    if (end64.getUint32(0, true) !== END64)
      throw mismatch(archive.name, `offset ${String(where)}`, 'the zip64 directory', 'other bytes');
    [count, offset] = [Number(end64.getBigUint64(32, true)), Number(end64.getBigUint64(48, true))];
  }
  if (count > MOST_ENTRIES)
    throw mismatch(archive.name, null, `at most ${grouped(MOST_ENTRIES)} entries`, grouped(count));
  return { offset, count };
}

/** Replaces fields with all bits set by those of the zip64 extra field, in their order. */
function extend64(entry: Placed, extra: DataView): void {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const name of ['size', 'packed', 'local'] as const) {
      if (entry[name] !== 0xffffffff || field + 8 > extra.byteLength) continue;
      entry[name] = Number(extra.getBigUint64(field, true));
      field += 8;
    }
    return;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}
