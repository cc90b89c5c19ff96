/** Entries whose label contains all typed words, those that begin with them first. Pure. */
export function matching<Entry extends { readonly label: string }>(
  entries: readonly Entry[],
  written: string,
): readonly Entry[] {
  const words = written.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = entries.flatMap((entry) => {
    const label = entry.label.toLowerCase();
    if (!words.every((word) => label.includes(word))) return [];
    const first = words[0] ?? '';
    return [{ entry, score: label.startsWith(first) ? 0 : label.includes(` ${first}`) ? 1 : 2 }];
  });
  return scored.sort((a, b) => a.score - b.score).map(({ entry }) => entry);
}
