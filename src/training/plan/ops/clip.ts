/**
 * clip: rewrites every weight's gradient: scales all so that their joint norm is at most the limit,
 * or clamps each value to ±limit.
 */
import type { Clip } from '../../objective/objective.ts';
import type { Graph } from '../graph.ts';

/** @param column index of the limit's column */
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
