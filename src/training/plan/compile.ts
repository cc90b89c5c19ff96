/**
 * From a network and settings to a plan: lower, gradients backwards from the loss, in place, lifetimes, arena, chains.
 * Pure; an executor's compilation is something else.
 */
import type { Layer, Network } from '../models/network.ts';
import type { TrainSettings } from '../objective.ts';
import { initialiser } from './initialiser.ts';
import { findChains } from './chains.ts';
import { Graph, type Draft } from './graph.ts';
import { writeInPlace } from './in-place.ts';
import { arenaExtents, firstFit, setLifetimes } from './lifetimes.ts';
import { convGradient, lowerConv } from './ops/conv.ts';
import { denseGradient, lowerDense } from './ops/dense.ts';
import { dropoutGradient, lowerDropout } from './ops/dropout.ts';
import { flattenGradient, lowerFlatten } from './ops/flatten.ts';
import { lowerGather } from './ops/gather.ts';
import { lowerMaxPool, maxPoolGradient } from './ops/max-pool.ts';
import { lowerRelu, reluGradient } from './ops/relu.ts';
import type { Gradient, Initialise } from './ops/rule.ts';
import { lowerSgd } from './ops/sgd.ts';
import { lowerSoftmaxCrossEntropy } from './ops/softmax-cross-entropy.ts';
import type { BufferSpec, Op, OpKind, Plan } from './plan.ts';
import { poolBeforeRelu } from './rewrite.ts';
import { TrainingError } from '../training-error.ts';

const GRADIENTS: Partial<Record<OpKind, Gradient>> = {
  conv: convGradient,
  dense: denseGradient,
  'max-pool': maxPoolGradient,
  relu: reluGradient,
  flatten: flattenGradient,
  dropout: dropoutGradient,
};

/** What of the settings shapes a plan. */
export type PlanSettings = Pick<TrainSettings, 'optimizer' | 'initialise'> & { readonly batch: number };

export function compilePlan(network: Network, settings: PlanSettings): Plan {
  const graph = new Graph(settings.optimizer.decay ?? 'all');
  const columns = [graph.column('learningRate', 'f32'), graph.column('momentum', 'f32'), graph.column('weightDecay', 'f32')];
  const { input, label } = lowerGather(graph, network.input.shape);
  const outputs: number[] = [];
  const initialise = initialiser(settings.initialise ?? 'pytorch');
  for (const layer of poolBeforeRelu(network.layers)) {
    const from = layer.from[0] ?? -1;
    outputs.push(lower(graph, layer, from < 0 ? input : (outputs[from] ?? input), initialise));
  }
  const logits = outputs.at(-1) ?? input;
  if (network.loss.type !== 'softmax-cross-entropy') throw new TrainingError('unsupported', `no op for the loss ${network.loss.type}`);
  lowerSoftmaxCrossEntropy(graph, logits, label, network.loss.smoothing !== 0);
  const forward = [...graph.ops];
  addGradients(graph, forward);
  if (settings.optimizer.type !== 'sgd') throw new TrainingError('unsupported', `no op for the optimizer ${settings.optimizer.type}`);
  const slots = lowerSgd(graph, settings.optimizer, columns);
  const buffers = graph.buffers;
  writeInPlace(buffers, graph.ops);
  setLifetimes(buffers, graph.ops);
  const { offsets } = firstFit(arenaExtents({ buffers }));
  for (const [id, offset] of offsets) graph.at(id).offset = offset;
  const { mean, deviation, shape } = network.input;
  return {
    format: 1,
    batch: settings.batch,
    input: {
      shape,
      type: 'u8',
      scale: deviation.map((d) => Math.fround(1 / (255 * d))),
      shift: mean.map((m, c) => Math.fround(-m / (deviation[c] ?? 1))),
      crop: 0,
      flip: false,
    },
    weights: graph.weights,
    buffers,
    hyper: graph.hyper,
    train: graph.ops,
    evaluate: evaluation(forward, buffers),
    chains: findChains(graph.ops),
    logits,
    slots,
    statistics: [],
  };
}

function lower(graph: Graph, layer: Layer, input: number, initialise: Initialise): number {
  const { fields } = layer;
  switch (fields.type) {
    case 'conv':
      return lowerConv(graph, layer, fields, input, initialise);
    case 'dense':
      return lowerDense(graph, layer, fields, input, initialise);
    case 'max-pool':
      return lowerMaxPool(graph, layer, fields, input, initialise);
    case 'dropout':
      return lowerDropout(graph, layer, fields, input, initialise);
    case 'relu':
      return lowerRelu(graph, layer, { type: 'relu' }, input, initialise);
    case 'flatten':
    case 'identity':
      return lowerFlatten(graph, layer, { type: fields.type }, input, initialise);
    case 'average-pool':
    case 'global-average-pool':
    case 'leaky-relu':
    case 'gelu':
    case 'silu':
    case 'sigmoid':
    case 'tanh':
    case 'batch-norm':
    case 'layer-norm':
    case 'add':
    case 'multiply':
    case 'concat':
      throw new TrainingError('unsupported', `no op for a layer of type ${fields.type}`, layer.id);
  }
}

/** Walks the forward ops backwards; a data input wants a gradient iff a weight lies upstream of it. */
function addGradients(graph: Graph, forward: readonly Op[]): void {
  const trainable = new Set<number>();
  for (const op of forward) {
    if (op.inputs.some((id) => trainable.has(id) || graph.at(id).role === 'weight')) for (const id of op.outputs) trainable.add(id);
  }
  for (const op of [...forward].reverse()) {
    const gradient = GRADIENTS[op.kind];
    if (gradient === undefined || graph.gradientOf(op.outputs[0] ?? -1) === undefined) continue;
    gradient(graph, op, trainable.has(op.inputs[0] ?? -1));
  }
}

/** The forward ops without what is for training only: dropout (whoever read its output reads its input) and smoothing. */
function evaluation(forward: readonly Op[], buffers: readonly Draft<BufferSpec>[]): Op[] {
  const instead = new Map<number, number>();
  const through = (id: number): number => instead.get(id) ?? id;
  const ops: Op[] = [];
  for (const op of forward) {
    if (op.kind === 'dropout') {
      instead.set(op.outputs[0] ?? -1, through(op.inputs[0] ?? -1));
      continue;
    }
    const outputs = op.kind === 'softmax-cross-entropy' ? op.outputs.slice(1) : op.outputs;
    const inputs = op.inputs.map(through);
    if (op.kind === 'flatten' && op.outputs[0] !== undefined && buffers[op.outputs[0]]?.aliasOf !== inputs[0]) {
      instead.set(op.outputs[0], inputs[0] ?? -1);
      continue;
    }
    ops.push({ ...op, id: ops.length, inputs, outputs, accumulate: outputs.map(() => false), hyper: [] });
  }
  return ops;
}
