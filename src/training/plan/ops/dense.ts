/**
 * dense: inputs x [F], weight [U,F], bias? [U]; output y [U]. dense-weight-gradient: inputs x, y';
 * outputs weight', bias?'. dense-input-gradient: inputs y', weight; output x'.
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerDense: Lower<SettledLayer<'dense'>> = (
  graph,
  layer,
  { units, bias },
  from,
  initialise,
) => {
  const input = only(layer, from);
  const features = at(graph.shapeOf(input), 0);
  const fans = { fanIn: features, fanOut: units };
  const inputs = [
    input,
    graph.weight({
      name: `${layer.id}.weight`,
      shape: [units, features],
      kind: 'kernel',
      ...fans,
      ...initialise('kernel', features, units),
    }),
  ];
  if (bias)
    inputs.push(
      graph.weight({
        name: `${layer.id}.bias`,
        shape: [units],
        kind: 'bias',
        ...fans,
        ...initialise('bias', features, units),
      }),
    );
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('dense', layer.id, { inputs, outputs: [output] });
  return output;
};

export const denseGradient: Gradient = (graph, op, wants) => {
  const [input = -1, weight = -1, bias] = op.inputs;
  const gradient = incoming(graph, op);
  const outputs = [weight, ...(bias === undefined ? [] : [bias])].map((w) =>
    graph.weightGradient(w),
  );
  graph.op('dense-weight-gradient', op.layer, { inputs: [input, gradient], outputs });
  if (wants[0] === true)
    graph.contribute('dense-input-gradient', op, input, { inputs: [gradient, weight] });
};
