/** Seed of the choice of trials that are evaluated again on another node. */
import { createHash } from 'node:crypto';

const BYTES = 6;

/**
 * Returns an integer of 48 bits that depends on the lab's uid, which nodes never learn: a node
 * cannot know which of its trials are chosen.
 */
export function auditSeedOf(labUid: string, studyUid: string): number {
  const hash = createHash('sha256').update(`galapagos/audit/1\n${labUid}\n${studyUid}`).digest();
  return hash.readUIntBE(0, BYTES);
}
