/**
 * batch-norm: inputs x, weight [C], bias [C], running_mean, running_var; outputs y, mean, inverse,
 * running_mean, running_var. batch-norm-gradient: inputs y', x, weight, mean, inverse; outputs
 * weight', bias', x'? (Ioffe & Szegedy 2015; statistics as in PyTorch). In evaluation,
 * batch-norm-evaluation replaces it and uses the running statistics.
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import type { Graph } from '../graph.ts';
import { numberOf, type Op } from '../plan.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerBatchNorm: Lower<SettledLayer<'batch-norm'>> = (
  graph,
  layer,
  { momentum, epsilon },
  from,
) => {
  const input = only(layer, from);
  const channels = [at(graph.shapeOf(input), 0)];
  const [weight, bias] = scaleAndShift(graph, layer.id, channels);
  const statistics = [
    graph.statistic(`${layer.id}.running_mean`, channels, 0),
    graph.statistic(`${layer.id}.running_var`, channels, 1),
  ];
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const saved = ['mean', 'inverse'].map((name) =>
    graph.buffer(`${layer.id}.${name}`, 'saved', channels, { perSample: false }),
  );
  graph.op('batch-norm', layer.id, {
    inputs: [input, weight, bias, ...statistics],
    outputs: [output, ...saved, ...statistics],
    attributes: { momentum, epsilon },
  });
  return output;
};

/**
 * Weight (initially 1) and bias (initially 0) of a norm, independent of the initialisation scheme.
 */
export function scaleAndShift(
  graph: Graph,
  layer: string,
  shape: readonly number[],
): readonly [number, number] {
  const rest = { shape, fanIn: 1, fanOut: 1, spread: 0 };
  return [
    graph.weight({ ...rest, name: `${layer}.weight`, kind: 'scale', init: 'one' }),
    graph.weight({ ...rest, name: `${layer}.bias`, kind: 'shift', init: 'zero' }),
  ];
}

/**
 * Gradient op of batch-norm and layer-norm: inputs y', x, weight, mean, inverse; outputs weight',
 * bias', x'?.
 */
export function normGradient(kind: 'batch-norm-gradient' | 'layer-norm-gradient'): Gradient {
  return (graph, op, wants) => {
    const [input = -1, weight = -1, bias = -1] = op.inputs;
    const [, mean = -1, inverse = -1] = op.outputs;
    const outputs = [graph.weightGradient(weight), graph.weightGradient(bias)];
    const accumulate = [false, false];
    const inputs = [incoming(graph, op), input, weight, mean, inverse];
    if (wants[0] === true) {
      const into = graph.contribution(input);
      outputs.push(into.buffer);
      accumulate.push(into.accumulate);
    }
    graph.op(kind, op.layer, { inputs, outputs, accumulate, attributes: op.attributes });
  };
}

export function evaluateBatchNorm(op: Op): Pick<Op, 'kind' | 'outputs' | 'attributes'> {
  return {
    kind: 'batch-norm-evaluation',
    outputs: op.outputs.slice(0, 1),
    attributes: { epsilon: numberOf(op, 'epsilon') },
  };
}
