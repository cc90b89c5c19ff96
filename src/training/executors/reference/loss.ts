/** softmax-cross-entropy with label smoothing: loss, argmax, and the gradient of the mean in place of the logits. */
import { exp, log } from '../../../core/elementary.ts';
import type { Op } from '../../plan/plan.ts';
import type { Step } from './tensors.ts';

export function softmaxCrossEntropy(op: Op, { tensors, batch, n, floats }: Step): void {
  const [logits, label] = op.inputs;
  const training = op.outputs.length === 3;
  const [loss, correct] = op.outputs.slice(-2);
  const z = tensors.at(logits);
  const y = tensors.at(label);
  const g = training ? tensors.at(op.outputs[0]) : undefined;
  const classes = tensors.size(logits);
  const smoothing = op.hyper[0] === undefined ? 0 : (floats[op.hyper[0]] ?? 0);
  let lossSum = 0;
  let hits = 0;
  for (let b = 0; b < batch; b++) {
    const row = z.slice(b * classes, (b + 1) * classes);
    const target = y[b] ?? 0;
    let best = 0;
    for (let k = 1; k < classes; k++) if ((row[k] ?? 0) > (row[best] ?? 0)) best = k;
    const top = row[best] ?? 0;
    const powers = row.map((value) => exp(value - top));
    const sum = powers.reduce((a, p) => a + p, 0);
    const mean = row.reduce((a, value) => a + value, 0) / classes;
    if (b < n) {
      lossSum += top + log(sum) - (1 - smoothing) * (row[target] ?? 0) - smoothing * mean;
      if (best === target) hits += 1;
    }
    for (let k = 0; g !== undefined && k < classes; k++) {
      const t = (k === target ? 1 - smoothing : 0) + smoothing / classes;
      g[b * classes + k] = b < n ? ((powers[k] ?? 0) / sum - t) / n : 0;
    }
  }
  tensors.at(loss)[0] = lossSum;
  tensors.at(correct)[0] = hits;
}
