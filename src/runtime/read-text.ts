/**
 * Reads a bounded text file. Lab files are never read with it: closing a descriptor of one would
 * release SQLite's locks.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Returns the first bytes of a regular file as UTF-8; null: it is absent, unreadable, or a pipe,
 * device or folder.
 */
export function readText(file: string, mostBytes: number): string | null {
  let descriptor: number;
  let size: number;
  try {
    // Before it is opened, as opening a pipe waits for a writer.
    const status = statSync(file);
    if (!status.isFile()) return null;
    size = status.size;
    descriptor = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const bytes = Buffer.alloc(Math.min(mostBytes, size));
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)).toString();
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}
