/** Writes of an import: whole, or the disk is full. */
import { writeSync } from 'node:fs';
import { diskFull, isDiskFull } from '../dataset-error.ts';

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
