/**
 * Studies that nodes keep files of: which of them are not, or no longer, in the lab, and the lab's
 * identity, by which a node tells its files from those of other labs.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { Study } from '../core/scheduling/index.ts';

/**
 * Returns the identity of a lab file. It differs for a copy in another place, whose studies may
 * have been removed from one of the two only.
 * @param uid of the lab
 * @param file that exists
 */
export function labIdOf(uid: string, file: string): string {
  return createHash('sha256')
    .update(`${uid}\n${realpathSync(file)}`)
    .digest('hex');
}

/** Returns those that the lab does not have, or whose removal has begun. */
export function goneStudies(
  lab: ReadonlyMap<string, Pick<Study, 'removedFrom'>>,
  uids: readonly string[],
): string[] {
  return uids.filter((uid) => lab.get(uid)?.removedFrom !== null);
}
