/**
 * Scrambled Sobol sequence (Sobol' 1967; direction numbers in `sobol-directions.ts`): points that
 * cover the space more evenly than random ones, for any number of trials. The seed selects one of
 * Owen's nested uniform scrambles (1995), which keep that property.
 *
 * Trial n takes point n, or the first later one that no trial has. All dimensions are drawn, and
 * inactive parameters are dropped. Parameters beyond the table's dimensions are drawn uniformly.
 */
import { at } from '../at.ts';
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromCube } from '../search-space/unit-cube.ts';
import { Distinct } from './distinct.ts';
import type { Sampler } from './sampler.ts';
import { directionNumbers, SOBOL_BITS, SOBOL_DIMENSIONS } from './sobol-directions.ts';

const origin = { operator: 'sobol', parents: [], generation: 0 } as const;
/** Number of points of the sequence that are tried before uniform draws. */
const MOST_POINTS = 128;
/** Levels of the scramble's tree that are drawn together: 63 nodes, one bit of two words each. */
const LEVELS = 6;

export function sobol(axes: readonly Axis[], seed: number): Sampler {
  const distinct = new Distinct(axes, seed, MOST_POINTS);
  const directions = axes.slice(0, SOBOL_DIMENSIONS).map(({ index }) => directionNumbers(index));

  const pointAt = (index: number): EncodedParams => {
    const rest = new Stream(seed, { purpose: PURPOSE.params, trial: index + 1 });
    const cube = Float64Array.from(axes, (axis) => {
      const numbers = directions[axis.index];
      if (numbers === undefined) return rest.uniform53();
      return (scrambled(sobolWord(numbers, index), axis.index, seed) + 0.5) * 2 ** -SOBOL_BITS;
    });
    return fromCube(axes, cube);
  };

  return {
    name: 'sobol',
    window: { kind: 'none' },
    repeats: false,
    barrier: () => 0,
    size: null,
    propose: (first, count, history) =>
      distinct.propose(first, count, history, (number, retry) => ({
        params: pointAt(number + retry),
        origin,
      })),
  };
}

/**
 * Coordinate of point `index` of the sequence in Gray-code order (Antonov & Saleev 1979), as a
 * fraction of 2³², without scramble.
 */
export function sobolWord(directions: Uint32Array, index: number): number {
  let word = 0;
  for (let gray = index ^ (index >>> 1), bit = 0; gray !== 0; gray >>>= 1, bit++)
    if ((gray & 1) === 1) word ^= at(directions, bit);
  return word >>> 0;
}

/** Flips each bit of a coordinate by a random bit that depends on the seed and all higher bits. */
function scrambled(word: number, dimension: number, seed: number): number {
  let result = 0;
  for (let level = 0; level < SOBOL_BITS; level += LEVELS) {
    const stream = new Stream(seed, {
      purpose: PURPOSE.params,
      ordinal: dimension,
      trial: level === 0 ? 0 : word >>> (SOBOL_BITS - level),
      round: 1 + level / LEVELS,
    });
    const flips = [stream.word(), stream.word()];
    let node = 1;
    for (let place = level; place < Math.min(SOBOL_BITS, level + LEVELS); place++) {
      const shift = SOBOL_BITS - 1 - place;
      const bit = (word >>> shift) & 1;
      const flip = (at(flips, node >>> 5) >>> (node & 31)) & 1;
      result |= (bit ^ flip) << shift;
      node = 2 * node + bit;
    }
  }
  return result >>> 0;
}
