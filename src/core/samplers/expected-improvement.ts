/** Logarithm of the expected improvement of a normally distributed value (Ament et al., 2023). */
import { erfc, erfcx } from '../erfc.ts';
import { exp, log } from '../elementary.ts';

const HALF_LOG_TWO_PI = 0.9189385332046728;
const SQRT_HALF_PI = 1.2533141373155003;
const SQRT_TWO = 1.4142135623730951;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/**
 * ln E[max(0, best − f)] for f with this mean and standard deviation > 0; accurate far into the
 * tail, where the expectation itself underflows.
 */
export function logExpectedImprovement(mean: number, sd: number, best: number): number {
  return logOfStandard((best - mean) / sd) + log(sd);
}

/** ln(φ(z) + z·Φ(z)), in three ranges. */
function logOfStandard(z: number): number {
  if (z > -1) return log(INVERSE_SQRT_TWO_PI * exp(-0.5 * z * z) + z * 0.5 * erfc(-z / SQRT_TWO));
  const tail = -0.5 * z * z - HALF_LOG_TWO_PI;
  if (z > -25) return tail + log(1 + z * SQRT_HALF_PI * erfcx(-z / SQRT_TWO));
  return tail - 2 * log(-z);
}
