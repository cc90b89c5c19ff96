/**
 * clip: every weight's gradient, rewritten: all scaled so that their common norm is at most the
 * limit, or each value cut to ±limit.
 */
import type { Clip } from '../../objective/objective.ts';
import type { Graph } from '../graph.ts';

/** @param column of the limit */
export function appendClip(graph: Graph, clip: Clip, column: number): void {
  const gradients = [...graph.weightGradients]
    .sort((a, b) => a[0] - b[0])
    .map(([, gradient]) => gradient);
  const by = 'norm' in clip ? 'norm' : 'value';
  graph.op('clip', 'optimizer', {
    inputs: gradients,
    outputs: gradients,
    attributes: { by },
    hyper: [column],
  });
}
