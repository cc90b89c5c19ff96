/**
 * Order of the samples: a function of the study's seed and the epoch, not of the lane, so that all
 * trials of a study see the same batches.
 */
import { defined } from '../../core/at.ts';
import { keyOf, philox, PURPOSE } from '../../core/random.ts';

/**
 * Fisher–Yates shuffle of 0 … count−1 for an epoch; swaps i = count−1 … 1 with ⌊word·(i+1)/2³²⌋.
 */
export function shuffled(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const key = keyOf(seed);
  const words = new Uint32Array(4);
  let block = -1;
  for (let i = count - 1; i > 0; i--) {
    if (i >>> 2 !== block) {
      block = i >>> 2;
      philox(key, block, epoch, 0, PURPOSE.shuffle << 24, words);
    }
    const j = Math.floor(defined(words[i & 3]) * (i + 1) * 2 ** -32);
    const swapped = defined(order[i]);
    order[i] = defined(order[j]);
    order[j] = swapped;
  }
  return order;
}

/** Steps per epoch, and number of samples in the last one. */
export function stepsOf(
  samples: number,
  batch: number,
  remainder: 'keep' | 'drop',
): { readonly steps: number; readonly last: number } {
  const full = Math.floor(samples / batch);
  const rest = samples - full * batch;
  return rest === 0 || remainder === 'drop'
    ? { steps: full, last: batch }
    : { steps: full + 1, last: rest };
}
