/**
 * Random words of dropout masks, as the plan's semantics define them. Executors compute the same
 * words in their own way.
 */
import { defined } from '../../core/at.ts';
import { philox, PURPOSE, type Key } from '../../core/random.ts';

/**
 * Words of one position (sample of the batch), one per feature.
 * @param trial counter word 2: trial + 1, or 0
 */
export function maskWords(
  key: Key,
  ordinal: number,
  trial: number,
  step: number,
  position: number,
  features: number,
  out: Uint32Array,
): void {
  const blocks = Math.ceil(features / 4);
  const words = new Uint32Array(4);
  for (let f = 0; f < features; f++) {
    if ((f & 3) === 0)
      philox(
        key,
        position * blocks + (f >>> 2),
        step,
        trial,
        (PURPOSE.dropout << 24) | ordinal,
        words,
      );
    out[f] = defined(words[f & 3]);
  }
}
