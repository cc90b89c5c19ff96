/**
 * Update of the probabilities of choices: a natural gradient whose learning rate adapts to its
 * signal-to-noise ratio (ASNG, Akimoto et al. 2019), with a margin by which every choice stays
 * possible (CatCMA, Hamano et al. 2024).
 */
import { at, defined } from '../../at.ts';
import { exp } from '../../elementary.ts';
import type { Categorical } from './distribution.ts';
import { EPSILON } from './strategy.ts';
import type { Strategy } from './strategy.ts';

/** Squared signal-to-noise ratio above which learning gets slower. */
const SIGNAL_LIMIT = 1.5;

/** @param chosen choices of each sample, best first; NaN where the parameter is inactive */
export function nextCategorical(
  { weights, selected, margin }: Strategy,
  { probabilities, rate, slowness, gamma, signal }: Categorical,
  chosen: readonly Float64Array[],
): Categorical {
  const gradients = probabilities.map((row, index) => {
    const gradient = new Float64Array(row.length);
    for (let k = 0; k < selected; k++) {
      const choice = at(at(chosen, k), index);
      // Inactive parameters stay where they are.
      if (Number.isNaN(choice)) continue;
      for (let i = 0; i < row.length; i++)
        gradient[i] =
          defined(gradient[i]) + at(weights, k) * ((i === choice ? 1 : 0) - defined(row[i]));
    }
    return gradient;
  });
  const whitened = Float64Array.from(
    probabilities.flatMap((row, index) => whitenedBy(row, at(gradients, index))),
  );
  const length = Math.sqrt(whitened.reduce((total, entry) => total + entry * entry, 0));
  if (length === 0) return { probabilities, rate, slowness, gamma, signal };
  const step = rate / (length + EPSILON);
  const nextRate = 1 / slowness;
  const beta = Math.min(1, nextRate / Math.sqrt(signal.length));
  const accumulated = signal.map(
    (entry, i) => (1 - beta) * entry + (Math.sqrt(beta * (2 - beta)) * at(whitened, i)) / length,
  );
  const nextGamma = (1 - beta) * (1 - beta) * gamma + beta * (2 - beta);
  const strength = accumulated.reduce((total, entry) => total + entry * entry, 0);
  return {
    probabilities: probabilities.map((row, index) =>
      withMargin(
        row.map((probability, i) => probability + step * at(at(gradients, index), i)),
        margin / (row.length - 1),
      ),
    ),
    rate: nextRate,
    slowness: slowness * exp(beta * (nextGamma - strength / SIGNAL_LIMIT)),
    gamma: nextGamma,
    signal: accumulated,
  };
}

/** The gradient times the root of the Fisher information, without the last choice. */
function whitenedBy(probabilities: Float64Array, gradient: Float64Array): number[] {
  const last = probabilities.length - 1;
  const remaining = at(probabilities, last);
  let total = 0;
  for (let i = 0; i < last; i++) total += defined(gradient[i]);
  return Array.from({ length: last }, (_, i) => {
    const root = Math.sqrt(at(probabilities, i));
    return at(gradient, i) / root + (root * total) / (remaining + Math.sqrt(remaining));
  });
}

/** Raises probabilities to a smallest one and takes the excess from the others. */
function withMargin(probabilities: Float64Array, smallest: number): Float64Array {
  const raised = probabilities.map((probability) => Math.max(probability, smallest));
  const total = raised.reduce((sum, probability) => sum + probability, 0);
  const share = (total - 1) / (total - smallest * raised.length);
  const taken = raised.map((probability) => probability - share * (probability - smallest));
  const sum = taken.reduce((all, probability) => all + probability, 0);
  return taken.map((probability) => probability / sum);
}
