/**
 * Derives the evaluation step from the forward ops: no dropout (readers of its output read its
 * input), running statistics instead of the batch's, no smoothing, no gradient of the loss.
 */
import type { Graph } from './graph.ts';
import { evaluateBatchNorm } from './ops/batch-norm.ts';
import type { Op, OpKind } from './plan.ts';

export interface Evaluation {
  readonly ops: Op[];
  /** Id of the training op that each evaluation op corresponds to. */
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
      // In training, flatten shares the memory of a dropout's output; in evaluation, that of the
      // dropout's input.
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
