/**
 * Random crop and flip of training images: equal for every lane and executor, as the plan's
 * semantics require.
 */
import { defined } from '../../core/at.ts';
import { philox, PURPOSE, type Key } from '../../core/random.ts';

/** Corner of the crop relative to the image's, and whether the image is mirrored first. */
export interface Move {
  readonly dy: number;
  readonly dx: number;
  readonly flip: boolean;
}

/** Returns the move of a sample in an epoch, equal for every lane. */
export function moveOf(
  crop: number,
  flip: boolean,
  key: Key,
  epoch: number,
  sample: number,
  words: Uint32Array,
): Move {
  philox(key, sample, epoch, 0, PURPOSE.augment << 24, words);
  const below = (word: number): number => Math.floor(word * (2 * crop + 1) * 2 ** -32);
  return {
    dy: below(defined(words[0])) - crop,
    dx: below(defined(words[1])) - crop,
    flip: flip && defined(words[2]) >>> 31 === 1,
  };
}
