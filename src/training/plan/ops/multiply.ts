/**
 * multiply: inputs a, and b of a's shape or [C,1,1]; output: their product. multiply-gradient, once
 * per factor: inputs y', the other factor; output x', summed over H and W if it is [C,1,1] and y'
 * is not.
 */
import type { PlainFields } from '../../models/network.ts';
import { elements } from '../plan.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerMultiply: Lower<PlainFields> = (graph, layer, _fields, inputs) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const bySize = [...inputs].sort(
    (a, b) => elements(graph.shapeOf(b)) - elements(graph.shapeOf(a)),
  );
  graph.op('multiply', layer.id, { inputs: bySize, outputs: [output] });
  return output;
};

export const multiplyGradient: Gradient = (graph, op, wants) => {
  const gradient = incoming(graph, op);
  const [a = -1, b = -1] = op.inputs;
  [a, b].forEach((input, k) => {
    if (wants[k] === true)
      graph.contribute('multiply-gradient', op, input, { inputs: [gradient, k === 0 ? b : a] });
  });
};
