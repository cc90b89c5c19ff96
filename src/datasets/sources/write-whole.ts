/** Complete writes of an import, with an error for a full disk. */
import { openSync, writeSync } from 'node:fs';
import { diskFull, isDiskFull } from '../dataset-error.ts';

/** Opens a new file. @throws DatasetError `disk-full` */
export function created(path: string, flags: 'wx' | 'wx+'): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    throw isDiskFull(error) ? diskFull() : error;
  }
}

/** @throws DatasetError `disk-full` */
export function writeWhole(file: number, content: Uint8Array): void {
  for (let done = 0; done < content.length;) {
    try {
      done += writeSync(file, content, done);
    } catch (error) {
      throw isDiskFull(error) ? diskFull() : error;
    }
  }
}
