/**
 * Serves chunks to other machines, read from disk on demand, with limits on what is under way.
 * Knows trees by interface only, and neither sockets nor who may connect.
 */
import {
  CHUNK_BYTES,
  NO_BYTES,
  type DataAnswer,
  type DataRequest,
} from '../../protocol/data-messages.ts';
import { Bitmap } from './bitmap.ts';
import type { ChunkReader } from './incoming.ts';

/** Requests under way of one reader; more are refused. */
const READER_REQUESTS = 8;
/** Requests under way of all readers; more wait. */
const ALL_REQUESTS = 32;
/** Chunks last sent to a reader that `any` avoids, because they may still be under way. */
const RECENT = 8;

/** Finds a tree that this machine has, whole or in part; null: none of it. */
export type FindTree = (tree: string) => Promise<ChunkReader | null> | ChunkReader | null;

interface Reader {
  under: number;
  /** Chunks sent last, by tree. */
  readonly recent: Map<string, number[]>;
}

export class ChunkServer {
  readonly #find: FindTree;
  readonly #readers = new Map<string, Reader>();
  /** Number of times that each chunk was sent in answer to `any`, by tree. */
  readonly #sent = new Map<string, Uint32Array>();
  readonly #waiting: (() => void)[] = [];
  #under = 0;

  constructor(find: FindTree) {
    this.#find = find;
  }

  /** Answers a request of a reader. Never rejects. */
  async serve(id: string, request: DataRequest): Promise<DataAnswer> {
    const reader = this.#readers.get(id) ?? { under: 0, recent: new Map<string, number[]>() };
    this.#readers.set(id, reader);
    const { no } = request.head;
    if (reader.under >= READER_REQUESTS) return { head: { type: 'busy', no }, body: NO_BYTES };
    reader.under += 1;
    await this.#turn();
    try {
      return await this.#answer(reader, request);
    } catch {
      // The file is gone or cannot be read: as if it were not here.
      return { head: { type: 'none', no }, body: NO_BYTES };
    } finally {
      reader.under -= 1;
      this.#under -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Forgets a reader that has gone. */
  forget(id: string): void {
    this.#readers.delete(id);
  }

  async #turn(): Promise<void> {
    if (this.#under >= ALL_REQUESTS)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#under += 1;
  }

  async #answer(reader: Reader, { head, body }: DataRequest): Promise<DataAnswer> {
    const { no } = head;
    const tree = await this.#find(head.tree);
    const none: DataAnswer = { head: { type: 'none', no }, body: NO_BYTES };
    if (tree === null) return none;
    switch (head.type) {
      case 'manifest': {
        const { bytes } = tree.manifest;
        const part = bytes.subarray(head.part * CHUNK_BYTES, (head.part + 1) * CHUNK_BYTES);
        return { head: { type: 'manifest', no, of: bytes.length }, body: part };
      }
      case 'have':
        return { head: { type: 'have', no }, body: tree.have().bytes() };
      case 'chunk':
        return tree.has(head.index) ? chunk(tree, no, head.index) : none;
      case 'any': {
        const index = this.#choose(reader, head.tree, tree, body);
        return index === null ? none : chunk(tree, no, index);
      }
      default:
        return head satisfies never;
    }
  }

  /**
   * Returns the chunk that was sent least often of those that the reader lacks, so that the readers
   * get different chunks and pass them on to each other; null: there is none.
   */
  #choose(reader: Reader, name: string, tree: ChunkReader, body: Uint8Array): number | null {
    const { chunks } = tree.manifest;
    const sent = this.#sent.get(name) ?? new Uint32Array(chunks);
    this.#sent.set(name, sent);
    const recent = reader.recent.get(name) ?? [];
    reader.recent.set(name, recent);
    const lacks = new Bitmap(chunks, body);
    let best: number | null = null;
    const weight = (index: number): number =>
      (sent[index] ?? 0) + (recent.includes(index) ? 2 ** 32 : 0);
    let least = Infinity;
    for (const index of lacks) {
      if (!tree.has(index)) continue;
      const each = weight(index);
      if (each >= least) continue;
      [best, least] = [index, each];
      if (each === 0) break;
    }
    if (best === null) return null;
    sent[best] = (sent[best] ?? 0) + 1;
    recent.push(best);
    if (recent.length > RECENT) recent.shift();
    return best;
  }
}

async function chunk(tree: ChunkReader, no: number, index: number): Promise<DataAnswer> {
  const body = await tree.read(index);
  return { head: { type: 'chunk', no, index }, body };
}
