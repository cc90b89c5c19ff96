/**
 * Shared part of the optimisers: one op that reads every weight's gradient and writes every weight,
 * both in plan order.
 */
import type { Graph } from '../graph.ts';
import type { Op, OpKind } from '../plan.ts';

export function appendUpdate(
  graph: Graph,
  kind: OpKind,
  hyper: readonly number[],
  attributes: Op['attributes'] = {},
): void {
  const pairs = [...graph.weightGradients].sort((a, b) => a[0] - b[0]);
  graph.op(kind, 'optimizer', {
    inputs: pairs.map(([, gradient]) => gradient),
    outputs: pairs.map(([weight]) => weight),
    attributes,
    hyper,
  });
}

/**
 * Result of an optimiser's file: its columns, created before the network's, and the op at the end
 * of a step.
 */
export interface Update {
  readonly slots: readonly string[];
  append(graph: Graph): void;
}
