/**
 * Uniform random search: every parameter independently uniform on its own scale (Bergstra & Bengio,
 * JMLR 13, 2012).
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import { Distinct } from './distinct.ts';
import type { Sampler } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

const origin = { operator: 'uniform', parents: [], generation: 0 } as const;

export function random(axes: readonly Axis[], seed: number): Sampler {
  const distinct = new Distinct(axes, seed);
  return {
    name: 'random',
    window: { kind: 'none' },
    repeats: false,
    barrier: () => 0,
    size: null,
    propose: (first, count, history) =>
      distinct.propose(first, count, history, (number, retry) => ({
        params: uniformPoint(
          axes,
          new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry }),
        ),
        origin,
      })),
  };
}
