/** sgd with momentum, Nesterov and L2, in float64; slots are beside the weights, by weight. */
import { numberOf, type Op } from '../../plan/plan.ts';
import type { Step } from './tensors.ts';

/** @param slots momentum of each weight, in the op's order; empty without momentum */
export function sgd(op: Op, { tensors, floats }: Step, slots: readonly Float64Array[]): void {
  const [alpha = 0, mu = 0, lambda = 0] = op.hyper.map((column) => floats[column] ?? 0);
  const nesterov = numberOf(op, 'nesterov') === 1;
  op.outputs.forEach((id, k) => {
    const w = tensors.at(id);
    const gradient = tensors.at(op.inputs[k]);
    const name = tensors.plan.buffers[id]?.name;
    const decays = tensors.plan.weights.find((weight) => weight.name === name)?.decay ?? false;
    const v = slots[k];
    for (let i = 0; i < w.length; i++) {
      const g = (gradient[i] ?? 0) + (decays ? lambda * (w[i] ?? 0) : 0);
      if (v === undefined) {
        w[i] = (w[i] ?? 0) - alpha * g;
        continue;
      }
      const velocity = mu * (v[i] ?? 0) + g;
      v[i] = velocity;
      w[i] = (w[i] ?? 0) - alpha * (nesterov ? g + mu * velocity : velocity);
    }
  });
}
