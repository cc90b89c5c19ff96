/**
 * Lower bound of the memory for training one lane of a network, by arithmetic alone; checked before
 * a plan is compiled.
 */
import { totalmem } from 'node:os';
import { at } from '../../core/at.ts';
import { weightsByLayer } from '../models/count-weights.ts';
import { sizeOf, type Layer, type Network, type Shape } from '../models/network.ts';
import type { Scope } from '../models/scope.ts';
import type { OptimizerSettings } from './objective.ts';

/** Number of samples whose activations exist at once in the executor with the smallest number. */
const SAMPLES = 4;
const FLOAT_BYTES = 4;

export interface NetworkSize {
  /**
   * Lower bound in bytes: weights, their gradients and the optimizer's slots, plus input and output
   * of the layer where these are largest.
   */
  readonly bytes: number;
  /** Layer with the largest share; undefined if there is no layer. */
  readonly largest:
    { readonly layer: Layer; readonly weights: number; readonly outputs: number } | undefined;
}

export function networkSize(network: Network, optimizer: OptimizerSettings): NetworkSize {
  const weights = weightsByLayer(network);
  const perWeight = FLOAT_BYTES * (2 + slotsOf(optimizer));
  const shapeAt = (index: number): Shape =>
    index < 0 ? network.input.shape : (network.layers[index]?.output ?? []);
  let [activations, most] = [0, 0];
  let largest: NetworkSize['largest'];
  for (const [i, layer] of network.layers.entries()) {
    const outputs = sizeOf(layer.output);
    const values = outputs + layer.from.reduce((sum, from) => sum + sizeOf(shapeAt(from)), 0);
    const own = at(weights, i) * perWeight + outputs * SAMPLES * FLOAT_BYTES;
    activations = Math.max(activations, values * SAMPLES * FLOAT_BYTES);
    if (largest !== undefined && own <= most) continue;
    most = own;
    largest = { layer, weights: at(weights, i), outputs };
  }
  return {
    bytes: weights.reduce((sum, count) => sum + count, 0) * perWeight + activations,
    largest,
  };
}

/**
 * Reports a network that does not fit in the memory.
 * @param memoryBytes memory of the machine
 */
export function checkSize(
  network: Network,
  optimizer: OptimizerSettings,
  scope: Scope,
  memoryBytes = machineMemory(),
): void {
  const { bytes, largest } = networkSize(network, optimizer);
  if (bytes <= memoryBytes || largest === undefined) return;
  const { layer, weights, outputs } = largest;
  scope.report({
    code: 'too-large',
    path: 'network.layers',
    layer: layer.id,
    expected: `a network that trains in the ${gigabytes(memoryBytes)} of memory of this machine`,
    found: `at least ${gigabytes(bytes)}, most of it for ${grouped(weights)} weights and ${grouped(outputs)} outputs`,
    hint: `make ${layer.id} or its input smaller`,
  });
}

/** Number of values that the optimizer stores per weight. */
function slotsOf(optimizer: OptimizerSettings): number {
  switch (optimizer.type) {
    case 'sgd':
      return optimizer.momentum === undefined ? 0 : 1;
    case 'adam':
    case 'adamw':
      return 2;
    case 'rmsprop':
      return optimizer.momentum === undefined ? 1 : 2;
  }
}

/** Memory available to this process in bytes: the machine's, or the limit of its container. */
function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

function gigabytes(bytes: number): string {
  return `${grouped(Number((bytes / 1e9).toPrecision(2)))} GB`;
}

function grouped(n: number): string {
  return n.toLocaleString('en-US');
}
