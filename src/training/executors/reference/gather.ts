/**
 * gather: copies the samples of the batch, cropped and flipped in training, and normalises them.
 * Positions ≥ n repeat position 0.
 */
import { defined } from '../../../core/at.ts';
import { rootOf, type Op } from '../../plan/plan.ts';
import { moveOf } from '../../run/augment.ts';
import type { OpInputs } from './tensors.ts';

export function gather(op: Op, step: OpInputs): void {
  const { tensors, batch, n, x, y, indices } = step;
  const [input = -1, label] = op.outputs;
  const { scale, shift, shape, crop, flip } = tensors.plan.input;
  const size = tensors.size(input);
  const [channels = 1, h = 1, w = 1] = shape;
  const plane = size / channels;
  const to = tensors.at(rootOf(tensors.plan, input).id);
  const labels = tensors.at(label);
  const perLabel = tensors.size(label);
  const words = new Uint32Array(4);
  const augments = step.training && (crop > 0 || flip);
  for (let b = 0; b < batch; b++) {
    const from = defined(indices[b < n ? b : 0]);
    const move = augments ? moveOf(crop, flip, step.key, step.epoch, from, words) : undefined;
    for (let i = 0; i < size; i++) {
      const c = Math.floor(i / plane);
      let value: number;
      if (move === undefined) value = defined(x[from * size + i]);
      else {
        const column = i % w;
        const sourceColumn = (move.flip ? w - 1 - column : column) + move.dx;
        const sourceRow = (Math.floor(i / w) % h) + move.dy;
        const inside = sourceRow >= 0 && sourceRow < h && sourceColumn >= 0 && sourceColumn < w;
        value = inside ? defined(x[from * size + c * plane + sourceRow * w + sourceColumn]) : 0;
      }
      to[b * size + i] = value * defined(scale[c]) + defined(shift[c]);
    }
    for (let u = 0; u < perLabel; u++) labels[b * perLabel + u] = defined(y[from * perLabel + u]);
  }
}
