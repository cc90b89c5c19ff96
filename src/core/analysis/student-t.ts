/** Student's t distribution ("The probable error of a mean", Biometrika 6, 1908). */
import { exp, log } from '../elementary.ts';

/**
 * Two-sided tail probability P(|T| ≥ |t|).
 * @param freedom degrees of freedom, above 0
 */
export function tTwoSided(t: number, freedom: number): number {
  const square = t * t;
  return incompleteBeta(
    freedom / (freedom + square),
    square / (freedom + square),
    freedom / 2,
    0.5,
  );
}

/** Critical value t with P(|T| ≥ t) = p, 0 < p < 1. */
export function tCritical(p: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (tTwoSided(high, freedom) > p) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (tTwoSided(middle, freedom) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22) where
 * that converges fast, otherwise by its symmetry.
 * @param y 1 − x, passed separately because computing it from x near 1 loses precision
 */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a);
  const front = exp(a * log(x) + b * log(y) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  // Lentz's method: the ratio of successive convergents.
  let [c, d] = [1, 1 / notZero(1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const coefficient of [even, odd]) {
      d = 1 / notZero(1 + coefficient * d);
      c = notZero(1 + coefficient / c);
      factor = c * d;
      fraction *= factor;
    }
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return front * fraction;
}

function notZero(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}

/**
 * Coefficients of Lanczos' approximation of ln Γ(x), x ≥ ½, with g = 7 and nine terms, accurate to
 * about 1e-15 (Numerical Recipes, 6.1).
 */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

function logGamma(x: number): number {
  const y = x - 1;
  const t = y + 7.5;
  const series = LANCZOS.reduce((sum, term, i) => (i === 0 ? term : sum + term / (y + i)), 0);
  return log(2 * Math.PI) / 2 + (y + 0.5) * log(t) - t + log(series);
}
