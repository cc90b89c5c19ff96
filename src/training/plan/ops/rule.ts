/** Interface of differentiable ops for the compiler. Each op has its own file. */
import { at } from '../../../core/at.ts';
import type { Layer } from '../../models/network.ts';
import type { Graph } from '../graph.ts';
import type { Op } from '../plan.ts';

/**
 * Appends a layer's forward ops.
 * @param inputs buffers of the layers read, at least one
 * @returns id of the output's buffer
 */
export type Lower<F> = (
  graph: Graph,
  layer: Layer,
  fields: F,
  inputs: readonly number[],
  initialise: Initialise,
) => number;

/**
 * Appends the ops that propagate the gradient of `op`'s first output to its inputs and weights.
 * @param wants whether a trainable weight lies upstream of each input; otherwise its gradient is
 *   not computed
 */
export type Gradient = (graph: Graph, op: Op, wants: readonly boolean[]) => void;

/** Initial spread of a kernel and its bias: a scheme applied to the fans. */
export type Initialise = (
  kind: 'kernel' | 'bias',
  fanIn: number,
  fanOut: number,
) => { readonly init: 'uniform' | 'normal' | 'zero'; readonly spread: number };

/** Gradient of an op's first output. */
export function incoming(graph: Graph, op: Op): number {
  const output = at(op.outputs, 0);
  const gradient = graph.gradientOf(output);
  if (gradient === undefined) throw new Error(`${op.layer} ${op.kind}: its output has no gradient`);
  return gradient;
}

/** The only input buffer of a layer. */
export function only(layer: Layer, inputs: readonly number[]): number {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw new RangeError(`${layer.id}: expected one layer to read, found ${String(inputs.length)}`);
  return input;
}
