/**
 * conv: inputs x [C,H,W], weight [O,C/g,kh,kw], bias? [O]; output y. Attributes kernel, stride,
 * padding (before), groups. conv-weight-gradient: inputs x, y'; outputs weight', bias?'.
 * conv-input-gradient: inputs y', weight; output x'.
 */
import { at } from '../../../core/at.ts';
import type { ConvFields } from '../../models/network.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerConv: Lower<ConvFields> = (graph, layer, fields, from, initialise) => {
  const input = only(layer, from);
  const { filters, kernel, stride, padding, groups, bias } = fields;
  const channels = at(graph.shapeOf(input), 0) / groups;
  const fanIn = channels * kernel[0] * kernel[1];
  const fanOut = filters * kernel[0] * kernel[1];
  const fans = { fanIn, fanOut };
  const inputs = [
    input,
    graph.weight({
      name: `${layer.id}.weight`,
      shape: [filters, channels, ...kernel],
      kind: 'kernel',
      ...fans,
      ...initialise('kernel', fanIn, fanOut),
    }),
  ];
  if (bias)
    inputs.push(
      graph.weight({
        name: `${layer.id}.bias`,
        shape: [filters],
        kind: 'bias',
        ...fans,
        ...initialise('bias', fanIn, fanOut),
      }),
    );
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('conv', layer.id, {
    inputs,
    outputs: [output],
    attributes: { kernel: [...kernel], stride: [...stride], padding: [...padding], groups },
  });
  return output;
};

export const convGradient: Gradient = (graph, op, wants) => {
  const [input = -1, weight = -1, bias] = op.inputs;
  const gradient = incoming(graph, op);
  const { attributes } = op;
  const outputs = [weight, ...(bias === undefined ? [] : [bias])].map((w) =>
    graph.weightGradient(w),
  );
  graph.op('conv-weight-gradient', op.layer, { inputs: [input, gradient], outputs, attributes });
  if (wants[0] === true)
    graph.contribute('conv-input-gradient', op, input, { inputs: [gradient, weight], attributes });
};
