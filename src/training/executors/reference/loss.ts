/** Losses: sum over the valid samples, number of correct predictions, and gradient of the mean. */
import { defined } from '../../../core/at.ts';
import { exp, log } from '../../../core/elementary.ts';
import type { Op } from '../../plan/plan.ts';
import type { OpInputs } from './tensors.ts';

/** Returns the loss of one sample and writes its gradient to `gradient`. */
type SampleLoss = (z: Float64Array, sample: number, gradient: Float64Array) => number;

/** Index of the largest element; the first one of ties. */
function argmax(z: Float64Array): number {
  let best = 0;
  for (let k = 1; k < z.length; k++) if (defined(z[k]) > defined(z[best])) best = k;
  return best;
}

/** @param correct whether the prediction of a sample is correct */
function overBatch(
  op: Op,
  { tensors, batch, n }: OpInputs,
  ofSample: SampleLoss,
  correct: (z: Float64Array, sample: number) => boolean,
): void {
  const [outputs] = op.inputs;
  const z = tensors.at(outputs);
  const g = op.outputs.length === 3 ? tensors.at(op.outputs[0]) : undefined;
  const [loss, hits] = op.outputs.slice(-2);
  const size = tensors.size(outputs);
  const gradient = new Float64Array(size);
  let lossSum = 0;
  let right = 0;
  for (let b = 0; b < batch; b++) {
    const row = z.slice(b * size, (b + 1) * size);
    if (b < n) {
      lossSum += ofSample(row, b, gradient);
      if (correct(row, b)) right += 1;
    }
    for (let k = 0; g !== undefined && k < size; k++)
      g[b * size + k] = b < n ? defined(gradient[k]) / n : 0;
  }
  tensors.at(loss)[0] = lossSum;
  tensors.at(hits)[0] = right;
}

export function softmaxCrossEntropy(op: Op, step: OpInputs): void {
  const y = step.tensors.at(op.inputs[1]);
  const classes = step.tensors.size(op.inputs[0]);
  const smoothing = op.hyper[0] === undefined ? 0 : defined(step.floats[op.hyper[0]]);
  const ofSample: SampleLoss = (z, b, gradient) => {
    const target = defined(y[b]);
    const top = defined(z[argmax(z)]);
    const powers = z.map((value) => exp(value - top));
    const sum = powers.reduce((a, p) => a + p, 0);
    const mean = z.reduce((a, value) => a + value, 0) / classes;
    for (let k = 0; k < classes; k++) {
      const t = (k === target ? 1 - smoothing : 0) + smoothing / classes;
      gradient[k] = defined(powers[k]) / sum - t;
    }
    return top + log(sum) - (1 - smoothing) * defined(z[target]) - smoothing * mean;
  };
  overBatch(op, step, ofSample, (z, b) => argmax(z) === y[b]);
}

/** Mean squared error against a class (as a one-hot vector) or against U numbers. */
export function meanSquaredError(op: Op, step: OpInputs): void {
  const [outputs, label] = op.inputs;
  const y = step.tensors.at(label);
  const size = step.tensors.size(outputs);
  const classes = step.tensors.plan.buffers[label ?? -1]?.type === 'u32';
  const target = (b: number, k: number): number =>
    classes ? (y[b] === k ? 1 : 0) : defined(y[b * size + k]);
  const ofSample: SampleLoss = (z, b, gradient) => {
    let sum = 0;
    for (let k = 0; k < size; k++) {
      const error = defined(z[k]) - target(b, k);
      sum += error * error;
      gradient[k] = (2 * error) / size;
    }
    return sum / size;
  };
  overBatch(op, step, ofSample, (z, b) => classes && argmax(z) === y[b]);
}
