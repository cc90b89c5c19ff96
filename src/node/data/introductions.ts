/**
 * Which node reads chunks from which: every reader gets a few sources, those with the fewest
 * readers first. Bookkeeping only; `host-datasets.ts` sends the introductions.
 */

/** Most sources that one reader is introduced to. */
const MOST_SOURCES = 4;

export interface Introduction {
  readonly tree: string;
  readonly reader: string;
  readonly source: string;
}

interface TreeSources {
  /** Number of readers of each node that has chunks. */
  readonly readers: Map<string, number>;
  /** Sources of each reader. */
  readonly sources: Map<string, Set<string>>;
}

export class Introductions {
  readonly #trees = new Map<string, TreeSources>();

  /** A node has chunks of a tree, and serves them. */
  addSource(tree: string, node: string): void {
    const { readers } = this.#of(tree);
    if (!readers.has(node)) readers.set(node, 0);
  }

  /** Returns the introductions that a reader still needs, and counts them as made. */
  forReader(tree: string, reader: string): Introduction[] {
    const { readers, sources } = this.#of(tree);
    const known = sources.get(reader) ?? new Set<string>();
    sources.set(reader, known);
    const made: Introduction[] = [];
    while (known.size < MOST_SOURCES) {
      const source = leastRead(readers, (node) => node !== reader && !known.has(node));
      if (source === null) break;
      known.add(source);
      readers.set(source, (readers.get(source) ?? 0) + 1);
      made.push({ tree, reader, source });
    }
    return made;
  }

  /** A reader has the whole tree, or does not want it any more. */
  readerDone(tree: string, reader: string): void {
    const { readers, sources } = this.#of(tree);
    for (const source of sources.get(reader) ?? [])
      readers.set(source, Math.max(0, (readers.get(source) ?? 0) - 1));
    sources.delete(reader);
  }

  /** A node has left: its readers get other sources. */
  gone(node: string): void {
    for (const [tree, { readers, sources }] of this.#trees) {
      this.readerDone(tree, node);
      readers.delete(node);
      for (const known of sources.values()) known.delete(node);
    }
  }

  /** Returns all introductions, to be repeated before they expire. */
  all(): Introduction[] {
    return [...this.#trees].flatMap(([tree, { sources }]) =>
      [...sources].flatMap(([reader, known]) =>
        [...known].map((source) => ({ tree, reader, source })),
      ),
    );
  }

  #of(tree: string): TreeSources {
    const known = this.#trees.get(tree);
    if (known !== undefined) return known;
    const made: TreeSources = { readers: new Map(), sources: new Map() };
    this.#trees.set(tree, made);
    return made;
  }
}

function leastRead(
  readers: ReadonlyMap<string, number>,
  may: (node: string) => boolean,
): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const [node, count] of readers)
    if (count < least && may(node)) [best, least] = [node, count];
  return best;
}
