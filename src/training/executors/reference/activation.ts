/**
 * Activations and their gradients, in float64. Gradients read y' and the output, for gelu and silu
 * the input.
 */
import { erf, exp } from '../../../core/elementary.ts';
import { numberOf, type Op } from '../../plan/plan.ts';
import { each } from './element-wise.ts';
import type { OpInputs } from './tensors.ts';

type Execute = (op: Op, step: OpInputs) => void;

/** σ(x), without overflow. */
function sigmoidOf(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

function tanhOf(x: number): number {
  const e = exp(-2 * Math.abs(x));
  const y = (1 - e) / (1 + e);
  return x < 0 ? -y : y;
}

/** Φ(x), the cumulative distribution function of the normal distribution. */
function normal(x: number): number {
  return 0.5 * (1 + erf(x * Math.SQRT1_2));
}

/** φ(x), the density of the normal distribution. */
function density(x: number): number {
  return 0.3989422804014327 * exp(-0.5 * x * x);
}

const forward =
  (f: (x: number) => number): Execute =>
  (op, { tensors }) => {
    each(op, tensors, f);
  };
const backward =
  (f: (g: number, saved: number) => number): Execute =>
  (op, { tensors }) => {
    each(op, tensors, f);
  };

export const relu = forward((x) => (x > 0 ? x : 0));
export const reluGradient = backward((g, y) => (y > 0 ? g : 0));
export const gelu = forward((x) => x * normal(x));
export const geluGradient = backward((g, x) => g * (normal(x) + x * density(x)));
export const silu = forward((x) => x * sigmoidOf(x));
export const siluGradient = backward((g, x) => {
  const s = sigmoidOf(x);
  return g * s * (1 + x * (1 - s));
});
export const sigmoid = forward(sigmoidOf);
export const sigmoidGradient = backward((g, y) => g * y * (1 - y));
export const tanh = forward(tanhOf);
export const tanhGradient = backward((g, y) => g * (1 - y * y));

export function leakyRelu(op: Op, { tensors }: OpInputs): void {
  const slope = numberOf(op, 'slope');
  each(op, tensors, (x) => (x > 0 ? x : slope * x));
}

/**
 * The sign of the input is read from the output, because slope ≥ 0. For slope 0, an output of 0
 * gives a gradient of slope·g = 0.
 */
export function leakyReluGradient(op: Op, { tensors }: OpInputs): void {
  const slope = numberOf(op, 'slope');
  each(op, tensors, (g, y) => (y > 0 ? g : slope * g));
}
