/** Fetches the chunk manifest of a tree from one source, in parts, and verifies it by its hash. */
import { createHash } from 'node:crypto';
import { CHUNK_BYTES, type DataAnswer } from '../../protocol/data-messages.ts';
import type { DataQuestion } from '../../transport/nodes/data-channel.ts';
import { MOST_MANIFEST_BYTES, parseManifest, type Manifest } from './manifest.ts';

/** Asks the source; null: the connection was lost. */
export type AskPart = (question: DataQuestion) => Promise<DataAnswer | null>;

/**
 * @returns null: the source does not have it, or was lost; `wrong`: it sent other bytes
 */
export async function fetchManifest(
  tree: string,
  ask: AskPart,
): Promise<Manifest | 'wrong' | null> {
  const parts: Uint8Array[] = [];
  for (let got = 0, of = 1; got < of;) {
    const answer = await ask({ type: 'manifest', tree, part: parts.length });
    if (answer?.head.type !== 'manifest') return null;
    const { body, head } = answer;
    of = head.of;
    got += body.length;
    parts.push(body);
    if (of > MOST_MANIFEST_BYTES || got > of) return 'wrong';
    if (got < of && body.length !== CHUNK_BYTES) return 'wrong';
  }
  const bytes = Buffer.concat(parts);
  if (createHash('sha256').update(bytes).digest('hex') !== tree) return 'wrong';
  try {
    return parseManifest(bytes);
  } catch {
    return 'wrong';
  }
}
