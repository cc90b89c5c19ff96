/**
 * Transformations of observed values to the scale of the model: mean 0, standard deviation 1, with
 * or without a Yeo–Johnson power transformation (Yeo & Johnson, Biometrika 87, 2000).
 */
import { exp, log } from '../../elementary.ts';

export interface Transformed {
  readonly values: Float64Array;
  /** Returns the observed value that a value of the model stands for; increasing. */
  readonly invert: (value: number) => number;
}

/** Exponents that are tried: 0, .25 … 2. */
const EXPONENTS = Array.from({ length: 9 }, (_, step) => step / 4);

/** Replaces values that are not finite by the largest finite one, or by 0 if there is none. */
export function imputed(values: Float64Array): Float64Array {
  let worst = -Infinity;
  for (const value of values) if (Number.isFinite(value) && value > worst) worst = value;
  const substitute = worst === -Infinity ? 0 : worst;
  return values.map((value) => (Number.isFinite(value) ? value : substitute));
}

/** @param power whether the power transformation of largest likelihood is applied */
export function transformed(values: Float64Array, power: boolean): Transformed {
  const plain = standardised(values);
  if (!power) return plain;
  let largest = -Infinity;
  let likeliest = { values: plain.values, exponent: 1 };
  for (const exponent of EXPONENTS) {
    const candidate = yeoJohnson(plain.values, exponent);
    const likelihood =
      -0.5 * values.length * log(variance(candidate.values) + 1e-300) + candidate.logJacobian;
    if (likelihood <= largest) continue;
    largest = likelihood;
    likeliest = { values: candidate.values, exponent };
  }
  const again = standardised(likeliest.values);
  return {
    values: again.values,
    invert: (value) => plain.invert(inverseYeoJohnson(again.invert(value), likeliest.exponent)),
  };
}

/** Moves values onto [0, 1] first, so that no scale overflows; all zeros where all are equal. */
function standardised(values: Float64Array): Transformed {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const halfRange = high / 2 - low / 2;
  if (!(halfRange > 0)) return { values: new Float64Array(values.length), invert: () => low };
  const unit = values.map((value) => (value / 2 - low / 2) / halfRange);
  const mean = meanOf(unit);
  const sd = Math.sqrt(variance(unit)) + 1e-12;
  return {
    values: unit.map((value) => (value - mean) / sd),
    invert: (value) => 2 * ((value * sd + mean) * halfRange + low / 2),
  };
}

function yeoJohnson(
  values: Float64Array,
  exponent: number,
): { readonly values: Float64Array; readonly logJacobian: number } {
  let logJacobian = 0;
  const moved = values.map((value) => {
    const logarithm = log(1 + Math.abs(value));
    if (value >= 0) {
      logJacobian += (exponent - 1) * logarithm;
      return exponent === 0 ? logarithm : (exp(exponent * logarithm) - 1) / exponent;
    }
    const mirrored = 2 - exponent;
    logJacobian += (1 - exponent) * logarithm;
    return mirrored === 0 ? -logarithm : -(exp(mirrored * logarithm) - 1) / mirrored;
  });
  return { values: moved, logJacobian };
}

function inverseYeoJohnson(value: number, exponent: number): number {
  if (value >= 0) return inversePower(value, exponent);
  return -inversePower(-value, 2 - exponent);
}

/** Inverse of ((1 + x)^exponent − 1) / exponent for x ≥ 0. */
function inversePower(value: number, exponent: number): number {
  if (exponent === 0) return exp(value) - 1;
  return exp(log(1 + exponent * value) / exponent) - 1;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function variance(values: Float64Array): number {
  const mean = meanOf(values);
  let sum = 0;
  for (const value of values) sum += (value - mean) * (value - mean);
  return sum / values.length;
}
