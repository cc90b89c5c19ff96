/** What the compiler asks of an op that takes part in gradients. One file an op implements it. */
import { at } from '../../../core/at.ts';
import type { Layer } from '../../models/network.ts';
import type { Graph } from '../graph.ts';
import type { Op } from '../plan.ts';

/**
 * Appends a layer's forward ops; returns the buffer of its output.
 * @param inputs buffers of the layers read, at least one
 */
export type Lower<F> = (
  graph: Graph,
  layer: Layer,
  fields: F,
  inputs: readonly number[],
  initialise: Initialise,
) => number;

/**
 * Appends the ops that carry the gradient of `op`'s first output to its inputs and weights.
 * @param wants by input: whether a trainable weight lies upstream of it; if not, its gradient is
 *   never made
 */
export type Gradient = (graph: Graph, op: Op, wants: readonly boolean[]) => void;

/** How a kernel and its bias start: scheme applied to the fans. */
export type Initialise = (
  kind: 'kernel' | 'bias',
  fanIn: number,
  fanOut: number,
) => { readonly init: 'uniform' | 'normal' | 'zero'; readonly spread: number };

/** The gradient that reached an op's first output. */
export function incoming(graph: Graph, op: Op): number {
  const output = at(op.outputs, 0);
  const gradient = graph.gradientOf(output);
  if (gradient === undefined) throw new Error(`${op.layer} ${op.kind}: its output has no gradient`);
  return gradient;
}

/** The buffer that a layer with one input reads. */
export function only(layer: Layer, inputs: readonly number[]): number {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw new RangeError(`${layer.id}: expected one layer to read, found ${String(inputs.length)}`);
  return input;
}
