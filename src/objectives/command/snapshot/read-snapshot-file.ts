/** Reads one file of a snapshot on this machine. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENTS_FILE, SnapshotStore } from './snapshot-store.ts';

/**
 * Contents of a file; null: the snapshot is not here, or leaves the file out.
 * @param path relative to the project folder, with "/" between names
 */
export function readSnapshotFile(userFolder: string, hash: string, path: string): Buffer | null {
  const store = SnapshotStore.own(userFolder);
  const place = store.placeOf(hash);
  const entries = store.entries(hash);
  if (place === null || entries === null) return null;
  let start = 0;
  for (const entry of entries) {
    if (entry.kind !== 'file') continue;
    if (entry.path === path) return readRange(join(place, CONTENTS_FILE), start, entry.bytes);
    start += entry.bytes;
  }
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
