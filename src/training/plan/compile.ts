/**
 * Compiles a network and settings to a plan: lowers the layers, adds gradients backwards from the
 * loss, shares memory, computes lifetimes and the arena, finds chains. Pure. Executors compile
 * plans separately.
 */
import { at } from '../../core/at.ts';
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { withoutPauses, type Pausable } from '../../runtime/pausable.ts';
import type { Network } from '../models/network.ts';
import type { Augment, Clip, OptimizerSettings, Schedule } from '../objective/objective.ts';
import { TrainingError } from '../training-error.ts';
import { findChains } from './chains.ts';
import { evaluationOf } from './evaluation.ts';
import { Graph } from './graph.ts';
import { shareMemory } from './in-place.ts';
import { initialiser, type Scheme } from './initialiser.ts';
import { arenaExtents, fitting, setLifetimes } from './lifetimes.ts';
import { lowerAdam } from './ops/adam.ts';
import { appendClip } from './ops/clip.ts';
import { lowerGather } from './ops/gather.ts';
import { lowerLoss } from './ops/loss.ts';
import { lowerRmsprop } from './ops/rmsprop.ts';
import { lowerSgd } from './ops/sgd.ts';
import type { Update } from './ops/update.ts';
import type { HyperColumn, InputSpec, Op, Plan } from './plan.ts';
import { poolBeforeRelu } from './rewrite.ts';
import { GRADIENTS, lowerLayer } from './rules.ts';

/** Settings that determine a plan. */
export interface PlanSettings {
  readonly batch: number;
  readonly optimizer: OptimizerSettings;
  readonly schedule?: Schedule | undefined;
  readonly clip?: Clip | undefined;
  readonly augment?: Augment | undefined;
  readonly initialise?: Scheme | undefined;
}

/** Properties of the dataset that determine a plan: bytes or floats, classes or numeric targets. */
export type PlanData = Pick<DatasetShape, 'sampleType' | 'targets'>;

export function compilePlan(network: Network, settings: PlanSettings, data?: PlanData): Plan {
  return withoutPauses(planning(network, settings, data));
}

/**
 * `compilePlan` as a computation that can be paused: a plan with thousands of layers takes seconds.
 */
export function* planning(
  network: Network,
  settings: PlanSettings,
  data: PlanData = { sampleType: 'u8' },
): Pausable<Plan> {
  const { optimizer, clip } = settings;
  const graph = new Graph(optimizer.decay ?? 'all');
  const update = lowerUpdate(
    graph,
    optimizer,
    settings.schedule?.type === 'cosine' ? 'step' : 'epoch',
  );
  const limit = clip === undefined ? -1 : graph.column('clip', 'f32');
  const targets = data.targets ?? 0;
  if (targets > 0 && network.loss.type !== 'mean-squared-error')
    throw new TrainingError(
      'unsupported',
      `${network.loss.type} needs classes as labels, found numeric targets`,
    );
  const { input, label } = lowerGather(graph, network.input.shape, data.sampleType, targets);
  const initialise = initialiser(settings.initialise ?? 'pytorch');
  const outputs: number[] = [];
  for (const layer of poolBeforeRelu(network.layers)) {
    const inputs = layer.from.map((from) => (from < 0 ? input : at(outputs, from)));
    outputs.push(lowerLayer(graph, layer, inputs, initialise));
    yield;
  }
  const logits = outputs.at(-1) ?? input;
  lowerLoss(graph, network.loss, logits, label);
  const forward = [...graph.ops];
  yield* addGradients(graph, forward);
  if (clip !== undefined) appendClip(graph, clip, limit);
  update.append(graph);
  const evaluation = evaluationOf(graph, forward);
  const { buffers } = graph;
  const { train, sameValue } = yield* shareMemory(buffers, graph.ops, evaluation.ops);
  setLifetimes(buffers, train, evaluation.ops, evaluation.places);
  yield;
  const { offsets } = yield* fitting(arenaExtents({ buffers }));
  for (const [id, offset] of offsets) graph.at(id).offset = offset;
  yield;
  return {
    format: 1,
    batch: settings.batch,
    input: inputSpec(network.input, data, settings),
    weights: graph.weights,
    buffers,
    hyper: graph.hyper,
    train,
    evaluate: evaluation.ops,
    chains: yield* findChains(train, sameValue),
    logits,
    slots: update.slots,
    statistics: graph.statistics,
  };
}

/** @param rate how often the learning rate changes */
function lowerUpdate(
  graph: Graph,
  optimizer: OptimizerSettings,
  rate: HyperColumn['varies'],
): Update {
  switch (optimizer.type) {
    case 'sgd':
      return lowerSgd(graph, optimizer, rate);
    case 'adam':
    case 'adamw':
      return lowerAdam(graph, optimizer, rate);
    case 'rmsprop':
      return lowerRmsprop(graph, optimizer, rate);
  }
}

function inputSpec(
  { shape, mean, deviation }: Network['input'],
  { sampleType }: PlanData,
  { augment }: PlanSettings,
): InputSpec {
  const full = sampleType === 'u8' ? 255 : 1;
  return {
    shape,
    type: sampleType,
    scale: deviation.map((d) => Math.fround(1 / (full * d))),
    shift: mean.map((m, c) => Math.fround(-m / at(deviation, c))),
    crop: augment?.crop ?? 0,
    flip: augment?.flip ?? false,
  };
}

/**
 * Traverses the forward ops in reverse. An input needs a gradient if and only if a weight lies
 * upstream of it.
 */
function* addGradients(graph: Graph, forward: readonly Op[]): Pausable<void> {
  const trainable = new Set<number>();
  for (const { inputs, outputs } of forward) {
    const [output = -1] = outputs;
    if (inputs.some((id) => trainable.has(id) || graph.at(id).role === 'weight'))
      trainable.add(output);
  }
  for (const op of [...forward].reverse()) {
    const gradient = GRADIENTS[op.kind];
    if (gradient === undefined || graph.gradientOf(at(op.outputs, 0)) === undefined) continue;
    gradient(
      graph,
      op,
      op.inputs.map((id) => trainable.has(id)),
    );
    yield;
  }
}
