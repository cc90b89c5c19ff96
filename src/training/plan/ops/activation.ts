/**
 * Activations, element by element: input x; output y. Gradients: inputs y' and the argument of the
 * derivative: the output (relu, leaky-relu, sigmoid, tanh; the input need not be kept) or the input
 * (gelu, silu).
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import type { PlainFields } from '../../models/network.ts';
import type { OpKind } from '../op-kinds.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export type Activation = Extract<
  OpKind,
  'relu' | 'leaky-relu' | 'gelu' | 'silu' | 'sigmoid' | 'tanh'
>;

export function lowerActivation(kind: Activation): Lower<PlainFields | SettledLayer<'leaky-relu'>> {
  return (graph, layer, fields, from) => {
    const output = graph.buffer(layer.id, 'activation', layer.output);
    const attributes = fields.type === 'leaky-relu' ? { slope: fields.slope } : {};
    graph.op(kind, layer.id, { inputs: [only(layer, from)], outputs: [output], attributes });
    return output;
  };
}

export function activationGradient(kind: Activation, reads: 'input' | 'output'): Gradient {
  return (graph, op, wants) => {
    if (wants[0] !== true) return;
    const [input = -1] = op.inputs;
    const saved = reads === 'input' ? input : at(op.outputs, 0);
    graph.contribute(`${kind}-gradient`, op, input, {
      inputs: [incoming(graph, op), saved],
      attributes: op.attributes,
    });
  };
}
