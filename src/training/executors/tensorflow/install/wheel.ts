/**
 * Reads Python wheels (PEP 427): name and version, and files verified against the hashes in RECORD.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FileBytes } from '../../../../datasets/sources/bytes.ts';
import { zipEntries, type ZipEntry } from '../../../../datasets/sources/zip.ts';

export interface Wheel {
  readonly file: string;
  readonly archive: FileBytes;
  readonly name: string;
  readonly version: string;
  readonly entries: readonly ZipEntry[];
  /** SHA-256 in base64url, by path. */
  readonly record: ReadonlyMap<string, string>;
  /** Requirements in the wheel's syntax: `name<2,>=1; extra == "x"`. */
  readonly requirements: readonly string[];
}

/**
 * Opens a wheel.
 * @throws Error with the problem of the file
 */
export async function openWheel(file: string, signal: AbortSignal): Promise<Wheel> {
  const archive = new FileBytes(file, file, null);
  try {
    return await read(archive, signal);
  } finally {
    archive.close();
  }
}

async function read(archive: FileBytes, signal: AbortSignal): Promise<Wheel> {
  const file = archive.name;
  const entries: ZipEntry[] = [];
  for await (const entry of zipEntries(archive)) entries.push(entry);
  const text = async (ending: string): Promise<string> => {
    const entry = entries.find(
      ({ name }) => /^[^/]+\.dist-info\//.test(name) && name.endsWith(`.dist-info/${ending}`),
    );
    if (entry === undefined)
      throw new Error(`${file} is not a wheel: it has no .dist-info/${ending}`);
    const parts: Uint8Array[] = [];
    for await (const part of entry.content()) parts.push(Uint8Array.from(part));
    signal.throwIfAborted();
    return Buffer.concat(parts).toString('utf8');
  };
  const metadata = await text('METADATA');
  const field = (name: string): string[] =>
    [...metadata.matchAll(new RegExp(`^${name}: *(.+?)\\r?$`, 'gm'))].map(
      ([, value = '']) => value,
    );
  const [name, version] = [field('Name')[0], field('Version')[0]];
  if (name === undefined || version === undefined)
    throw new Error(`${file}: its METADATA has no name and version`);
  const record = new Map<string, string>();
  for (const line of (await text('RECORD')).split(/\r?\n/)) {
    const [, path, sha256] = /^"?(.+?)"?,sha256=([\w-]+),\d*$/.exec(line) ?? [];
    if (path !== undefined && sha256 !== undefined) record.set(path, sha256);
  }
  return {
    file,
    archive,
    name: name.toLowerCase().replaceAll('_', '-'),
    version,
    entries,
    record,
    requirements: field('Requires-Dist'),
  };
}

/**
 * Extracts files, each verified against RECORD.
 * @param place target path of an entry below `folder`; undefined: not extracted
 * @throws Error with the file, the expected and the actual hash
 */
export async function takeOut(
  wheel: Wheel,
  place: (path: string) => string | undefined,
  folder: string,
  signal: AbortSignal,
  onBytes?: (done: number, total: number) => void,
): Promise<void> {
  const wanted = wheel.entries.flatMap((entry) => {
    const to = entry.link || entry.name.split('/').includes('..') ? undefined : place(entry.name);
    return to === undefined ? [] : [{ entry, to }];
  });
  const total = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
  let done = 0;
  try {
    for (const { entry, to } of wanted) {
      const sha256 = await extract(entry, join(folder, to), signal);
      const expected = wheel.record.get(entry.name);
      if (expected === undefined)
        throw new Error(`${wheel.file}: ${entry.name} has no checksum in RECORD`);
      if (sha256 !== expected)
        throw new Error(
          `${wheel.file}: ${entry.name} is damaged: expected SHA-256 ${expected}, found ${sha256}`,
        );
      onBytes?.((done += entry.size), total);
    }
  } finally {
    wheel.archive.close();
  }
}

/**
 * Writes an entry to a file.
 * @returns the SHA-256 of its content, in base64url
 */
async function extract(entry: ZipEntry, to: string, signal: AbortSignal): Promise<string> {
  await mkdir(dirname(to), { recursive: true });
  const hash = createHash('sha256');
  const hashed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const part of entry.content()) {
      hash.update(part);
      // Copied, because the source reuses its buffer before the write finishes.
      yield Uint8Array.from(part);
    }
  };
  await pipeline(hashed, createWriteStream(to), { signal });
  return hash.digest('base64url');
}
