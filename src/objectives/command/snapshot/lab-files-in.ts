/** Finds lab files among the files of a project. */
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';

const SQLITE = 'SQLite format 3\0';
/** Name of a table that every lab file has. */
const LAB_TABLE = 'galapagos_lab';
/** Bytes of a lab file that contain the names of its tables. */
const HEAD = 256 * 1024;
/** A lab file, or its log and the like beside it. */
const LAB_NAME = /^(.+\.db)(-[a-z.]+)?$/i;

/**
 * Returns a test for paths of lab files and of files beside them. Reads files named `….db` only.
 */
export function labFinder(): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const lab = LAB_NAME.exec(path)?.[1];
    if (lab === undefined) return false;
    const found = known.get(lab) ?? isLab(lab);
    known.set(lab, found);
    return found;
  };
}

function isLab(path: string): boolean {
  // Opening a pipe would wait for its writer.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Without permission: none that Galapagos writes.
    return false;
  }
  try {
    const head = Buffer.alloc(HEAD);
    const read = head.subarray(0, readSync(file, head, 0, HEAD, 0));
    return read.toString('latin1', 0, SQLITE.length) === SQLITE && read.includes(LAB_TABLE);
  } finally {
    closeSync(file);
  }
}
