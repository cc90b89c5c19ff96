/**
 * Hyperband (Li et al., arXiv 1603.06560) over asynchronous successive halving: each trial belongs
 * to a bracket, which is drawn by its number, and is compared within it only. Bracket b has its
 * first rung at first · ηᵇ epochs. The brackets and their shares are Optuna's.
 */
import { PURPOSE, Stream } from '../random.ts';
import { Halving } from './asha.ts';
import type { HalvingSettings } from './asha.ts';
import type { Pruner } from './pruner.ts';

/** Returns the share of each bracket, as integers whose sum is the whole. */
export function bracketShares({ first, eta }: HalvingSettings, length: number): readonly number[] {
  let count = 1;
  for (let rung = first * eta; rung <= length; rung *= eta) count += 1;
  return Array.from({ length: count }, (_, bracket) => {
    const s = count - 1 - bracket;
    return Math.ceil((count * eta ** s) / (s + 1));
  });
}

export function hyperband(settings: HalvingSettings, length: number, seed: number): Pruner {
  const shares = bracketShares(settings, length);
  const sum = shares.reduce((total, share) => total + share, 0);
  const bracketOf = (number: number): number => {
    const stream = new Stream(seed, { purpose: PURPOSE.bracket, trial: number + 1, ordinal: 0 });
    let place = stream.below(sum);
    return shares.findIndex((share) => (place -= share) < 0);
  };
  const brackets = shares.map(
    (_, bracket) =>
      new Halving(
        { first: settings.first * settings.eta ** bracket, eta: settings.eta },
        length,
        (number) => bracketOf(number) === bracket,
      ),
  );
  return {
    name: 'hyperband',
    stops: (trials, number) => brackets[bracketOf(number)]?.stops(trials, number) ?? false,
  };
}
