/** gather: the batch's samples, normalised; positions ≥ n repeat position 0. */
import { rootOf, type Op } from '../../plan/plan.ts';
import type { Step } from './tensors.ts';

export function gather(op: Op, { tensors, batch, n, x, y, indices }: Step): void {
  const [input = -1, label] = op.outputs;
  const { scale, shift, shape } = tensors.plan.input;
  const size = tensors.size(input);
  const plane = size / (shape[0] ?? 1);
  const to = tensors.at(rootOf(tensors.plan, input).id);
  const labels = tensors.at(label);
  for (let b = 0; b < batch; b++) {
    const from = indices[b < n ? b : 0] ?? 0;
    for (let i = 0; i < size; i++) {
      const c = Math.floor(i / plane);
      to[b * size + i] = (x[from * size + i] ?? 0) * (scale[c] ?? 1) + (shift[c] ?? 0);
    }
    labels[b] = y[from] ?? 0;
  }
}
