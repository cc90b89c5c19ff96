/** Lines of a program's output that the window keeps, and those of them that a search shows. */
import type { TrialOutputPart } from '../../protocol/window/reading.ts';

export interface OutputLines {
  /** Null: nothing is kept of any attempt. */
  readonly attempt: number | null;
  /** The latest lines. */
  readonly lines: readonly string[];
  /** True if there were others before them. */
  readonly cut: boolean;
}

export const emptyOutput: OutputLines = { attempt: null, lines: [], cut: false };

/** Lines kept for the search, and lines shown. */
const MOST_LINES = 20_000;
const MOST_SHOWN = 1_000;

export function addPart(before: OutputLines, part: TrialOutputPart): OutputLines {
  const { attempt, omitted, lines } = part;
  if (attempt === null) return emptyOutput;
  const kept = before.attempt === attempt ? before : { ...emptyOutput, attempt };
  if (lines.length === 0 && kept === before && omitted === 0) return before;
  const all = [...kept.lines, ...(omitted > 0 && kept.lines.length > 0 ? ['…'] : []), ...lines];
  return {
    attempt,
    lines: all.slice(-MOST_LINES),
    cut: kept.cut || omitted > 0 || all.length > MOST_LINES,
  };
}

/** The latest lines that contain the text, whatever its case, and the number of all that do. */
export function shownLines(
  { lines, cut }: OutputLines,
  search: string,
): { readonly text: string; readonly found: number; readonly of: number; readonly cut: boolean } {
  const wanted = search.toLowerCase();
  const found = wanted === '' ? lines : lines.filter((line) => line.toLowerCase().includes(wanted));
  return {
    text: found.slice(-MOST_SHOWN).join('\n'),
    found: found.length,
    of: lines.length,
    cut: cut || found.length > MOST_SHOWN,
  };
}
