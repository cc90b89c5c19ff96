/**
 * Initialisation schemes: the spread of initial weights by fan-in and fan-out. `run/initialise.ts`
 * makes the draws.
 */
import type { ValueOf } from '../../core/formats/field.ts';
import type { SETTINGS } from '../../core/formats/settings-format.ts';
import type { Initialise } from './ops/rule.ts';

export type Scheme = ValueOf<typeof SETTINGS.initialise>;

/**
 * `pytorch`: weight and bias U(±1/√fanIn). he-normal √(2/fanIn), he-uniform √(6/fanIn) (He et al.
 * 2015); glorot-normal √(2/(fanIn+fanOut)), glorot-uniform √(6/(fanIn+fanOut)) (Glorot & Bengio
 * 2010); for the latter four, biases are 0.
 */
export function initialiser(scheme: Scheme): Initialise {
  return (kind, fanIn, fanOut) => {
    if (scheme === 'pytorch') return { init: 'uniform', spread: 1 / Math.sqrt(fanIn) };
    if (kind === 'bias') return { init: 'zero', spread: 0 };
    const fans = scheme.startsWith('he') ? fanIn : fanIn + fanOut;
    return scheme.endsWith('normal')
      ? { init: 'normal', spread: Math.sqrt(2 / fans) }
      : { init: 'uniform', spread: Math.sqrt(6 / fans) };
  };
}
