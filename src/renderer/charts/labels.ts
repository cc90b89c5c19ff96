/**
 * Places labels beside marks: tries positions around each mark and drops a label that fits nowhere.
 * Labels never overlap.
 */

export interface Wanted {
  readonly text: string;
  /** Centre of the mark. */
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Wanted {
  /** Baseline of the text, which is centred horizontally. */
  readonly atX: number;
  readonly atY: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const HEIGHT = 12;
const AIR = 2;
/** Offsets of the middle of the text from the middle of the mark, the preferred one first. */
const PLACES = [
  [0, -14],
  [0, 15],
  [-16, -12],
  [16, -12],
  [-16, 13],
  [16, 13],
  [-20, 0],
  [20, 0],
] as const;

/**
 * @param wanted the most important labels first
 * @param taken marks and labels that must stay readable
 * @param width returns the width of a text, in px
 */
export function placeLabels(
  wanted: readonly Wanted[],
  taken: readonly { readonly x: number; readonly y: number; readonly radius: number }[],
  width: (text: string) => number,
  within: Box,
): readonly Placed[] {
  const boxes: Box[] = taken.map(({ x, y, radius }) => ({
    left: x - radius,
    top: y - radius,
    right: x + radius,
    bottom: y + radius,
  }));
  const placed: Placed[] = [];
  for (const { text, x, y } of wanted) {
    const half = width(text) / 2 + AIR;
    for (const [dx, dy] of PLACES) {
      const box = {
        left: x + dx - half,
        right: x + dx + half,
        top: y + dy - HEIGHT / 2,
        bottom: y + dy + HEIGHT / 2,
      };
      const inside =
        box.left >= within.left &&
        box.right <= within.right &&
        box.top >= within.top &&
        box.bottom <= within.bottom;
      if (!inside || boxes.some((other) => overlap(box, other))) continue;
      boxes.push(box);
      placed.push({ text, x, y, atX: x + dx, atY: y + dy + 4 });
      break;
    }
  }
  return placed;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
