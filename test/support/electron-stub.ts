/**
 * A folder with the file names of Electron's distribution for Linux but without their contents, so
 * that packaging can be tested without the binary. The program contains a fuse wire, as Electron's
 * does, in which fuses are set.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Marker of the fuse wire in Electron's binary; its version, its length and one character for each
 * fuse follow.
 */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const AS_DOWNLOADED = '101100011';

export function electronStub(folder: string, version: string): string {
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  const wire = Buffer.concat([
    Buffer.from(SENTINEL),
    Buffer.from([1, AS_DOWNLOADED.length]),
    Buffer.from(AS_DOWNLOADED),
  ]);
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([Buffer.from('a stub of Electron\n'), wire]),
    { mode: 0o755 },
  );
  writeFileSync(join(folder, 'version'), version);
  for (const name of ['LICENSE', 'chrome-sandbox', 'locales/en-US.pak'])
    writeFileSync(join(folder, name), '');
  return folder;
}

/** Fuse by its place on the wire → set or not. */
export function fuseWire(program: Buffer): readonly boolean[] {
  const at = program.indexOf(SENTINEL) + SENTINEL.length;
  const length = program[at + 1] ?? 0;
  return [...program.subarray(at + 2, at + 2 + length)].map((state) => state === '1'.charCodeAt(0));
}
