/**
 * batch-norm in training and evaluation, and its gradient, in float64. Statistics are over the
 * valid samples only: positions ≥ n are ignored and their x' is 0. The variance is computed from
 * centred values, never as E[x²] − E[x]².
 */
import { defined } from '../../../core/at.ts';
import { elements, numberOf, type Op } from '../../plan/plan.ts';
import type { OpInputs, Tensors } from './tensors.ts';

interface Planes {
  readonly channels: number;
  readonly plane: number;
}

function planesOf(tensors: Tensors, id: number | undefined): Planes {
  const [channels = 1, ...rest] = tensors.shape(id);
  return { channels, plane: elements(rest) };
}

/** Σ f(position) over one channel of the first n samples. */
function sumOver(
  { channels, plane }: Planes,
  channel: number,
  n: number,
  f: (at: number) => number,
): number {
  let sum = 0;
  for (let b = 0; b < n; b++) {
    const first = (b * channels + channel) * plane;
    for (let i = first; i < first + plane; i++) sum += f(i);
  }
  return sum;
}

/** Computes y = scale·x + shift per channel, at all positions. */
function affine(
  x: Float64Array,
  y: Float64Array,
  { channels, plane }: Planes,
  scale: Float64Array,
  shift: Float64Array,
): void {
  for (let i = 0; i < y.length; i++) {
    const c = Math.floor(i / plane) % channels;
    y[i] = defined(scale[c]) * defined(x[i]) + defined(shift[c]);
  }
}

export function batchNorm(op: Op, { tensors, n }: OpInputs): void {
  const [input, weight, bias, runningMean, runningVariance] = op.inputs.map((id) => tensors.at(id));
  const [output, mean, inverse] = op.outputs.map((id) => tensors.at(id));
  if (
    !input ||
    !weight ||
    !bias ||
    !runningMean ||
    !runningVariance ||
    !output ||
    !mean ||
    !inverse
  )
    throw new RangeError(`${op.layer}: batch-norm lacks a buffer`);
  const [momentum, epsilon] = [numberOf(op, 'momentum'), numberOf(op, 'epsilon')];
  const planes = planesOf(tensors, op.inputs[0]);
  const m = n * planes.plane;
  const scale = new Float64Array(planes.channels);
  const shift = new Float64Array(planes.channels);
  for (let c = 0; c < planes.channels; c++) {
    const mu = sumOver(planes, c, n, (i) => defined(input[i])) / m;
    const variance = sumOver(planes, c, n, (i) => (defined(input[i]) - mu) ** 2) / m;
    const r = 1 / Math.sqrt(variance + epsilon);
    mean[c] = mu;
    inverse[c] = r;
    scale[c] = defined(weight[c]) * r;
    shift[c] = defined(bias[c]) - defined(weight[c]) * r * mu;
    runningMean[c] = (1 - momentum) * defined(runningMean[c]) + momentum * mu;
    // A single element has no unbiased variance.
    if (m > 1)
      runningVariance[c] =
        (1 - momentum) * defined(runningVariance[c]) + (momentum * variance * m) / (m - 1);
  }
  affine(input, output, planes, scale, shift);
}

export function batchNormEvaluation(op: Op, { tensors }: OpInputs): void {
  const [input, weight, bias, runningMean, runningVariance] = op.inputs.map((id) => tensors.at(id));
  if (!input || !weight || !bias || !runningMean || !runningVariance)
    throw new RangeError(`${op.layer}: batch-norm lacks a buffer`);
  const epsilon = numberOf(op, 'epsilon');
  const scale = weight.map((w, c) => w / Math.sqrt(defined(runningVariance[c]) + epsilon));
  const shift = bias.map((b, c) => b - defined(scale[c]) * defined(runningMean[c]));
  affine(input, tensors.at(op.outputs[0]), planesOf(tensors, op.inputs[0]), scale, shift);
}

export function batchNormGradient(op: Op, { tensors, n }: OpInputs): void {
  const [g, x, weight, mean, inverse] = op.inputs.map((id) => tensors.at(id));
  const [dWeight, dBias] = op.outputs.map((id) => tensors.at(id));
  if (!g || !x || !weight || !mean || !inverse || !dWeight || !dBias)
    throw new RangeError(`${op.layer}: batch-norm' lacks a buffer`);
  const planes = planesOf(tensors, op.inputs[1]);
  const m = n * planes.plane;
  const normalised = (i: number, c: number): number =>
    (defined(x[i]) - defined(mean[c])) * defined(inverse[c]);
  for (let c = 0; c < planes.channels; c++) {
    dBias[c] = sumOver(planes, c, n, (i) => defined(g[i]));
    dWeight[c] = sumOver(planes, c, n, (i) => defined(g[i]) * normalised(i, c));
  }
  if (op.outputs[2] === undefined) return;
  const dx = tensors.at(op.outputs[2]);
  const add = op.accumulate[2] === true;
  const valid = m * planes.channels;
  for (let i = 0; i < dx.length; i++) {
    const c = Math.floor(i / planes.plane) % planes.channels;
    const centred =
      defined(g[i]) - (defined(dBias[c]) + normalised(i, c) * defined(dWeight[c])) / m;
    const value = i < valid ? defined(weight[c]) * defined(inverse[c]) * centred : 0;
    dx[i] = add ? defined(dx[i]) + value : value;
  }
}
