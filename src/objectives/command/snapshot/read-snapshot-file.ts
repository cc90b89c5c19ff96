/** Reads one file of a snapshot on this machine. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENTS_FILE, SnapshotStore, filesOf } from './snapshot-store.ts';

/**
 * Contents of a file; null: the snapshot is not here, or leaves the file out.
 * @param path relative to the project folder, with "/" between names
 */
export function readSnapshotFile(userFolder: string, hash: string, path: string): Buffer | null {
  const store = SnapshotStore.own(userFolder);
  const place = store.placeOf(hash);
  const entries = store.entries(hash);
  if (place === null || entries === null) return null;
  for (const { file, start } of filesOf(entries))
    if (file.path === path) return readRange(join(place, CONTENTS_FILE), start, file.bytes);
  return null;
}

function readRange(file: string, start: number, bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  const descriptor = openSync(file, 'r');
  try {
    return data.subarray(0, bytes === 0 ? 0 : readSync(descriptor, data, 0, bytes, start));
  } finally {
    closeSync(descriptor);
  }
}
