/**
 * Labels beside marks: each is moved round its mark until it is free, and dropped where it never
 * is; labels are never stacked.
 */

export interface Wanted {
  readonly text: string;
  /** The mark's middle. */
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Wanted {
  /** Baseline of the text, anchored at its middle. */
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
/** Middle of the text from the middle of the mark, the best place first. */
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
 * @param wanted the most important first
 * @param taken marks and labels that must stay readable
 * @param width of a text, in px
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
