/**
 * Draws the validation split: a share of each class, by the study's seed; depends on dataset and
 * seed only.
 */
import { at, defined } from '../core/at.ts';
import { keyOf, philox, PURPOSE } from '../core/random.ts';

export interface Split {
  /** Ascending. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Shuffles each class's samples by a stream of their own; the first share·n_c (largest remainder
 * over classes) are validation samples.
 * @param labels of the training samples, index 0 on
 */
export function splitValidation(
  labels: ArrayLike<number>,
  classes: number,
  share: number,
  seed: number,
): Split {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < labels.length; i++) defined(members[defined(labels[i])]).push(i);
  const counts = largestRemainder(
    members.map((list) => list.length * share),
    Math.round(labels.length * share),
  );
  const chosen = new Uint8Array(labels.length);
  members.forEach((list, c) => {
    const shuffled = shuffleClass(list, c, seed);
    for (const index of shuffled.slice(0, counts[c])) chosen[index] = 1;
  });
  const all = Uint32Array.from({ length: labels.length }, (_, i) => i);
  return {
    training: all.filter((i) => chosen[i] === 0),
    validation: all.filter((i) => chosen[i] === 1),
  };
}

/**
 * Floors, and one more for the largest fractions until the total is reached; ties to the lower
 * class.
 */
function largestRemainder(quotas: readonly number[], total: number): number[] {
  const counts = quotas.map(Math.floor);
  const order = quotas
    .map((q, c) => ({ c, rest: q - Math.floor(q) }))
    .sort((a, b) => b.rest - a.rest || a.c - b.c);
  let left = total - counts.reduce((sum, n) => sum + n, 0);
  for (const { c } of order) {
    if (left <= 0) break;
    counts[c] = at(counts, c) + 1;
    left -= 1;
  }
  return counts;
}

function shuffleClass(list: readonly number[], ordinal: number, seed: number): number[] {
  const order = [...list];
  const key = keyOf(seed);
  const words = new Uint32Array(4);
  for (let i = order.length - 1; i > 0; i--) {
    philox(key, i >>> 2, 0, 0, (PURPOSE.split << 24) | ordinal, words);
    const j = Math.floor(defined(words[i & 3]) * (i + 1) * 2 ** -32);
    const swapped = defined(order[i]);
    order[i] = defined(order[j]);
    order[j] = swapped;
  }
  return order;
}
