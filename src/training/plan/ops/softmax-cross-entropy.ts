/**
 * softmax-cross-entropy: inputs logits z [K], label; outputs z' (in place in training, absent in evaluation), loss, correct.
 * Smoothing per lane where declared (column `smoothing`), in training only. z' = (p − t)/n, exactly 0 at positions ≥ n.
 */
import type { Graph } from '../graph.ts';

export function lowerSoftmaxCrossEntropy(graph: Graph, logits: number, label: number, smoothing: boolean): void {
  const gradient = graph.buffer('logits.gradient', 'gradient', graph.shapeOf(logits), { aliasOf: logits });
  graph.setGradient(logits, gradient);
  const metric = { perSample: false, layout: 'flat' } as const;
  const loss = graph.buffer('loss', 'metric', [], metric);
  const correct = graph.buffer('correct', 'metric', [], { ...metric, type: 'u32' });
  graph.op('softmax-cross-entropy', 'loss', {
    inputs: [logits, label],
    outputs: [gradient, loss, correct],
    hyper: smoothing ? [graph.column('smoothing', 'f32')] : [],
  });
}
