/**
 * Losses: inputs: the outputs z and the label; outputs z' (absent in evaluation), loss, correct.
 * softmax-cross-entropy: smoothing per lane if declared (column `smoothing`), in training only. z'
 * is exactly 0 at positions ≥ n. mean-squared-error: against a class's one-hot vector (label u32)
 * or against numbers (label f32 [U]).
 */
import type { Loss } from '../../models/network.ts';
import type { Graph } from '../graph.ts';

export function lowerLoss(graph: Graph, loss: Loss, outputs: number, label: number): void {
  const gradient = graph.buffer('logits.gradient', 'gradient', graph.shapeOf(outputs));
  graph.setGradient(outputs, gradient);
  const metric = { perSample: false, layout: 'flat' } as const;
  const sum = graph.buffer('loss', 'metric', [], metric);
  const correct = graph.buffer('correct', 'metric', [], { ...metric, type: 'u32' });
  graph.op(loss.type, 'loss', {
    inputs: [outputs, label],
    outputs: [gradient, sum, correct],
    hyper:
      loss.type === 'softmax-cross-entropy' && loss.smoothing !== 0
        ? [graph.column('smoothing', 'f32')]
        : [],
  });
}
