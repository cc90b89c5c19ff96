/** Crops and flips images of bytes or floats before they reach the kernels. */
import { defined } from '../../../core/at.ts';
import type { Move } from '../../run/augment.ts';

/** @param from, to images [C, H, W] of one type; pixels outside the source image become 0 */
export function moveImage<T extends Uint8Array | Float32Array>(
  from: T,
  to: T,
  [channels, h, w]: readonly [number, number, number],
  move: Move,
): void {
  to.fill(0);
  const first = Math.max(0, -move.dx);
  const last = Math.min(w, w - move.dx);
  for (let row = 0; row < channels * h; row++) {
    const y = (row % h) + move.dy;
    if (y < 0 || y >= h || last <= first) continue;
    const source = (row + move.dy) * w + move.dx;
    const target = row * w;
    if (!move.flip) to.set(from.subarray(source + first, source + last), target + first);
    else for (let x = first; x < last; x++) to[target + w - 1 - x] = defined(from[source + x]);
  }
}
