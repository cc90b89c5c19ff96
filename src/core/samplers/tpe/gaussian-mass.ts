/** Probability of an interval under the standard normal distribution, accurate in both tails. */
import { exp, log } from '../../elementary.ts';
import { erfc, erfcx } from '../../erfc.ts';

const SQRT_HALF = Math.SQRT1_2;
const HALF_LOG_TWO_PI = 0.9189385332046727;
/** Width below which the density at the midpoint times the width is exact to 1e-9. */
const NARROW = 1e-5;

/** Φ(x). */
export function normalDistribution(x: number): number {
  return 0.5 * erfc(-x * SQRT_HALF);
}

/** ln(Φ(b) − Φ(a)), a < b. */
export function logGaussianMass(a: number, b: number): number {
  if (a > 0) return logGaussianMass(-b, -a);
  if (b - a < NARROW) {
    const middle = 0.5 * (a + b);
    return -0.5 * middle * middle - HALF_LOG_TWO_PI + log(b - a);
  }
  if (b > 0) return log(1 - normalDistribution(a) - normalDistribution(-b));
  const upper = 0.5 * erfcx(-b * SQRT_HALF);
  const ratio = ((0.5 * erfcx(-a * SQRT_HALF)) / upper) * exp(0.5 * (b - a) * (b + a));
  return log(upper) - 0.5 * b * b + log(1 - ratio);
}
