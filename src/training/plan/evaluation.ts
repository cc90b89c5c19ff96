/**
 * The evaluation step: the forward ops without what is for training only. No dropout (whoever read
 * its output reads its input), running statistics in place of a batch's, no smoothing, no gradient
 * of the loss.
 */
import type { Graph } from './graph.ts';
import { evaluateBatchNorm } from './ops/batch-norm.ts';
import type { Op, OpKind } from './plan.ts';

export interface Evaluation {
  readonly ops: Op[];
  /** By op: the id of the training op it stands for. */
  readonly places: number[];
}

export function evaluationOf(graph: Graph, forward: readonly Op[]): Evaluation {
  const instead = new Map<number, number>();
  const ops: Op[] = [];
  const places: number[] = [];
  for (const op of forward) {
    const inputs = op.inputs.map((id) => instead.get(id) ?? id);
    const [input = -1] = inputs;
    const [output = -1] = op.outputs;
    if (op.kind === 'dropout') {
      instead.set(output, input);
      continue;
    }
    let { attributes, outputs } = op;
    let kind: OpKind = op.kind;
    if (kind === 'batch-norm') ({ kind, attributes, outputs } = evaluateBatchNorm(op));
    else if (kind === 'softmax-cross-entropy' || kind === 'mean-squared-error')
      outputs = outputs.slice(1);
    else if (kind === 'flatten' && graph.at(output).aliasOf !== input) {
      // The memory that training flattens is a dropout's; here it is the dropout's input.
      const { name, role, shape, perLane } = graph.at(output);
      const own = graph.buffer(`${name}.evaluated`, role, shape, {
        aliasOf: input,
        perLane: perLane && graph.at(input).perLane,
      });
      instead.set(output, own);
      outputs = [own];
    }
    places.push(op.id);
    ops.push({
      id: ops.length,
      kind,
      layer: op.layer,
      inputs,
      outputs,
      accumulate: outputs.map(() => false),
      attributes,
      hyper: [],
    });
  }
  return { ops, places };
}
