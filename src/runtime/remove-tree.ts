/** Deletes a file, or a folder with what is in it, without holding up the event loop. */
import { rm } from 'node:fs/promises';

/** Nothing happens where the path is missing. Tries again what Windows still has open. */
export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
