/** Horizontal offsets for the marks of one column, so that none covers another. */
import { at } from '../../core/at.ts';

/**
 * Offsets from the middle of the column, in the order given: 0, then alternately right and left by
 * whole widths, the nearest free one.
 * @param ys vertical positions of the marks
 * @param width of a mark including its margin
 * @param most half the width of the column; marks that find no free place stay in the middle
 */
export function beeswarm(ys: readonly number[], width: number, most: number): readonly number[] {
  const placed: { x: number; y: number }[] = [];
  const order = [...ys.keys()].sort((a, b) => at(ys, a) - at(ys, b));
  const offsets = new Array<number>(ys.length).fill(0);
  for (const place of order) {
    const y = at(ys, place);
    const near = placed.filter((other) => Math.abs(other.y - y) < width);
    for (let k = 0; ; k++) {
      const x = (k % 2 === 1 ? 1 : -1) * Math.ceil(k / 2) * width;
      if (Math.abs(x) > most) break;
      if (near.some((other) => Math.abs(other.x - x) < width)) continue;
      offsets[place] = x;
      break;
    }
    placed.push({ x: at(offsets, place), y });
  }
  return offsets;
}
