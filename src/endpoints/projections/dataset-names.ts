/** Names of stored datasets by content, for reports of nodes, which know contents only. */
import type { Catalogue } from '../../datasets/catalogue.ts';

/** Minimum milliseconds between two readings of the catalogue for an unknown content. */
const AGAIN_MS = 10_000;
/** Characters of a content without a name that are shown. */
const SHOWN = 12;

/** A SHA-256; datasets that the lab names itself are reported by their names. */
const CONTENT = /^[0-9a-f]{64}$/;

export function datasetNames(
  catalogue: Catalogue,
  now: () => number = () => performance.now(),
): (content: string) => string {
  const names = new Map<string, string>();
  let readAt = -Infinity;
  const read = (): void => {
    readAt = now();
    for (const name of catalogue.names())
      try {
        const content = catalogue.find(name)?.content;
        if (content !== undefined) names.set(content, name);
      } catch {
        // A damaged record has no content; Datasets shows it.
      }
  };
  return (content) => {
    if (!CONTENT.test(content)) return content;
    if (!names.has(content) && now() - readAt >= AGAIN_MS) read();
    return names.get(content) ?? content.slice(0, SHOWN);
  };
}
