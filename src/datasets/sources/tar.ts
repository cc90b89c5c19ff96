/**
 * Reads tar archives sequentially: ustar, with GNU's long names and pax paths and sizes. Skips
 * devices and folders.
 */
import { at, defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { decodedName } from './entry-name.ts';

export interface TarEntry {
  /** As written in the archive. */
  readonly name: string;
  /** A hard or symbolic link, without content. */
  readonly link: boolean;
  readonly size: number;
  /** Read it before requesting the next entry; the rest is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** `ustar` */
const MAGIC = [0x75, 0x73, 0x74, 0x61, 0x72];
/** Greatest size of a pax header or long name. */
const LONGEST_NAME = 64 * 1024;

export function isTar(head: Uint8Array): boolean {
  return (
    head.length >= BLOCK && MAGIC.every((byte, i) => head[257 + i] === byte) && checksumHolds(head)
  );
}

/** @throws DatasetError at a wrong checksum, or where the archive ends within an entry */
export async function* tarEntries(archive: string, reader: ChunkReader): AsyncGenerator<TarEntry> {
  let longName: string | undefined;
  let longSize: number | undefined;
  for (;;) {
    const start = reader.offset;
    const header = await reader.exactly(BLOCK);
    // Archives end with two empty blocks; some writers omit them.
    if (header === null || header.every((byte) => byte === 0)) return;
    if (!checksumHolds(header))
      throw mismatch(
        archive,
        `offset ${String(start)}`,
        'a tar header',
        'one whose checksum is wrong',
      );
    const size = longSize ?? number(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0)
      throw mismatch(
        archive,
        `offset ${String(start + 124)}`,
        'a size',
        JSON.stringify(text(header, 124, 12)),
      );
    const type = String.fromCharCode(at(header, 156));
    if (type === 'L' || type === 'x') {
      if (size > LONGEST_NAME)
        throw mismatch(
          archive,
          `offset ${String(start)}`,
          `a name of at most ${String(LONGEST_NAME)} bytes`,
          String(size),
        );
      const content = (await reader.exactly(padded(size)))?.subarray(0, size) ?? new Uint8Array(0);
      if (type === 'L') longName = text(content, 0, size);
      else {
        const pax = paxFields(content);
        longName = pax.get('path') ?? longName;
        longSize = pax.has('size') ? Number(pax.get('size')) : undefined;
      }
      continue;
    }
    const end = reader.offset + padded(size);
    const link = type === '1' || type === '2';
    if (type === '0' || type === '\0' || type === '7' || link) {
      yield {
        name: longName ?? shortName(header),
        link,
        size,
        content: reader.run(link ? 0 : size),
      };
    }
    await reader.skip(end - reader.offset);
    longName = undefined;
    longSize = undefined;
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function shortName(header: Uint8Array): string {
  const prefix =
    text(header, 257, 6) === 'ustar\0' || text(header, 257, 5) === 'ustar'
      ? text(header, 345, 155)
      : '';
  const name = text(header, 0, 100);
  return prefix === '' || text(header, 257, 8) === 'ustar  ' ? name : `${prefix}/${name}`;
}

/** Up to the first NUL. */
function text(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return decodedName(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 where the first bit is set (GNU, for sizes above 8 GiB). */
function number(header: Uint8Array, offset: number, length: number): number {
  if ((at(header, offset) & 0x80) !== 0) {
    let value = at(header, offset) & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + at(header, offset + i);
    return value;
  }
  const digits = text(header, offset, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : digits === '' ? 0 : NaN;
}

function checksumHolds(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : defined(header[i]);
  return sum === number(header, 148, 8);
}

/** `27 path=some/name\n` … */
function paxFields(content: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const length = Number(Buffer.from(content.subarray(at, space)).toString('latin1'));
    if (space === -1 || !Number.isInteger(length) || length <= 0) break;
    const line = Buffer.from(content.subarray(space + 1, at + length - 1)).toString('utf8');
    const equals = line.indexOf('=');
    fields.set(line.slice(0, equals), line.slice(equals + 1));
    at += length;
  }
  return fields;
}
