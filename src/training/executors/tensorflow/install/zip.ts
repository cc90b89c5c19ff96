/** Reads .zip archives as wheels are: stored or deflated entries, no encryption, below 4 GiB. Entries stream, so large ones cost no memory. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly packedSize: number;
  readonly method: number;
  /** Of its local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const DEFLATED = 8;

/** @throws Error saying what is wrong with the file */
export async function zipEntries(file: string): Promise<ZipEntry[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const tail = await bytesAt(handle, Math.max(0, size - END_BYTES - LONGEST_COMMENT), Math.min(size, END_BYTES + LONGEST_COMMENT));
    let at = tail.length - END_BYTES;
    while (at >= 0 && tail.readUInt32LE(at) !== END) at -= 1;
    if (at < 0) throw new Error(`${file} is no .zip archive, or was cut short: it has ${String(size)} bytes and no directory at its end`);
    const count = tail.readUInt16LE(at + 10);
    const directory = await bytesAt(handle, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
    return parseDirectory(file, directory, count);
  } finally {
    await handle.close();
  }
}

function parseDirectory(file: string, directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY)
      throw new Error(`${file}: entry ${String(i)} of ${String(count)} in its directory is damaged`);
    const [nameLength, extra, comment] = [
      directory.readUInt16LE(at + 28),
      directory.readUInt16LE(at + 30),
      directory.readUInt16LE(at + 32),
    ];
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      packedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/** @returns the SHA-256 of what the entry holds, in base64url, and how many bytes it is */
async function readEntry(
  file: string,
  entry: ZipEntry,
  sink: Writable,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const handle = await open(file, 'r');
  let start: number;
  try {
    const header = await bytesAt(handle, entry.offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) throw new Error(`${file}: ${entry.name} is not where the directory says`);
    start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await handle.close();
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  if (entry.packedSize > 0) {
    const source = createReadStream(file, { start, end: start + entry.packedSize - 1 });
    if (entry.method === DEFLATED) await pipeline(source, createInflateRaw(), count, sink, { signal });
    else await pipeline(source, count, sink, { signal });
  } else sink.end();
  return { sha256: hash.digest('base64url'), bytes };
}

export async function readText(file: string, entry: ZipEntry, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  await readEntry(file, entry, sink, signal);
  return Buffer.concat(parts).toString('utf8');
}

/** Writes an entry to a file. @returns as `readEntry` */
export async function extract(
  file: string,
  entry: ZipEntry,
  to: string,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  await mkdir(dirname(to), { recursive: true });
  return readEntry(file, entry, createWriteStream(to), signal);
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
