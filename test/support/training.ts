/** Small networks, datasets and runs for the tests of training. */
import { problemText, type Problem } from '../../src/core/errors.ts';
import { keyOf, philox, PURPOSE } from '../../src/core/random.ts';
import type { DatasetView } from '../../src/datasets/dataset-view.ts';
import type {
  Executable,
  Executor,
  LaneSeed,
  LaneState,
  RunReport,
} from '../../src/training/executors/executor.ts';
import type { Network } from '../../src/training/models/network.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import type {
  OptimizerSettings,
  Params,
  SearchSpaceLike,
  SgdSettings,
} from '../../src/training/objective/objective.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import type { Plan } from '../../src/training/plan/plan.ts';
import { HyperRows } from '../../src/training/run/hyper.ts';

export const NEVER: AbortSignal = new AbortController().signal;
export const SGD: SgdSettings = {
  type: 'sgd',
  learningRate: { $param: 'rate' },
  momentum: { $param: 'momentum' },
};
export const PARAMS: Params = { rate: 0.05, momentum: 0.5, dropout: 0.3 };

export function describeNetwork(
  shape: readonly number[],
  layers: readonly object[],
  loss: object = { type: 'softmax-cross-entropy' },
): object {
  return {
    format: 'galapagos-network/1',
    name: 'test',
    input: { shape, mean: shape.slice(0, 1).map(() => 0.4), deviation: [0.3] },
    layers,
    loss,
  };
}

/** Reads a description: names and outputs of its layers, or its errors. */
export function readDescription(
  description: unknown,
  params: Params = {},
  space?: SearchSpaceLike,
): { names: string[]; outputs: string[]; problems: readonly Problem[] } {
  const scope = new Scope(params, space);
  const network = resolveNetwork(description, scope);
  const layers = network?.layers ?? [];
  return {
    names: layers.map((l) => l.id),
    outputs: layers.map((l) => l.output.join('×')),
    problems: scope.problems,
  };
}

export interface Subject {
  readonly network: Network;
  readonly plan: Plan;
}

export function subject(
  shape: readonly number[],
  layers: readonly object[],
  batch: number,
  options: { optimizer?: OptimizerSettings; params?: Params; loss?: object } = {},
): Subject {
  const scope = new Scope(options.params ?? PARAMS);
  const channels = shape.length === 3 ? (shape[0] ?? 1) : 1;
  const description = {
    ...describeNetwork(shape, layers, options.loss),
    input: {
      shape,
      mean: Array<number>(shape.length === 1 ? (shape[0] ?? 1) : channels).fill(0.4),
      deviation: Array<number>(shape.length === 1 ? (shape[0] ?? 1) : channels).fill(0.3),
    },
  };
  const network = resolveNetwork(description, scope);
  if (network === undefined) throw new Error(scope.problems.map(problemText).join('\n'));
  return { network, plan: compilePlan(network, { batch, optimizer: options.optimizer ?? SGD }) };
}

/** Bytes and labels from the generator's `synthetic` purpose. */
export function synthetic(
  shape: readonly number[],
  classes: number,
  samples: number,
  seed = 11,
): DatasetView {
  const size = shape.reduce((a, b) => a * b, 1);
  const words = new Uint32Array(Math.ceil((samples * size + samples) / 4) * 4);
  for (let i = 0; i < words.length; i += 4)
    philox(keyOf(seed), i / 4, 0, 0, PURPOSE.synthetic << 24, words, i);
  const x = Uint8Array.from({ length: samples * size }, (_, i) => (words[i] ?? 0) >>> 24);
  const y = Uint8Array.from(
    { length: samples },
    (_, i) => (words[samples * size + i] ?? 0) % classes,
  );
  return { samples, shape, classes, sampleType: 'u8', x, y };
}

export interface Trained {
  readonly report: RunReport;
  readonly states: readonly LaneState[];
  readonly executable: Executable;
}

/** Trains lanes for some steps over the dataset in order; the caller disposes. */
export async function trainOn(
  executor: Executor,
  { network, plan }: Subject,
  view: DatasetView,
  steps: number,
  lanes: readonly { readonly seed: LaneSeed; readonly params: Params }[] = [
    { seed: { trial: 0, shared: false }, params: PARAMS },
  ],
  optimizer: OptimizerSettings = SGD,
): Promise<Trained> {
  const executable = await executor.compile(plan, lanes.length, NEVER);
  await executable.loadDataset(view);
  await executable.begin(
    7,
    lanes.map((lane) => lane.seed),
  );
  const params = lanes.map((lane) => lane.params);
  const hyper = new HyperRows(plan, network, { optimizer }, params, steps);
  const order = Uint32Array.from({ length: view.samples }, (_, i) => i);
  const { rows } = hyper;
  const report = await executable.run({
    epoch: 0,
    firstStep: 0,
    steps,
    order,
    hyper: hyper.piece(0, steps),
    rows,
    signal: NEVER,
  });
  const states: LaneState[] = [];
  for (let lane = 0; lane < lanes.length; lane++) states.push(await executable.readWeights(lane));
  return { report, states, executable };
}

/** max|a − r| over max(max|r|, floor). */
export function worst(a: ArrayLike<number>, r: ArrayLike<number>, floor: number): number {
  let error = 0;
  let largest = floor;
  for (let i = 0; i < r.length; i++) {
    error = Math.max(error, Math.abs((a[i] ?? NaN) - (r[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(r[i] ?? 0));
    if (Number.isNaN(a[i] ?? NaN)) return Infinity;
  }
  return error / largest;
}

/** Slices packed values by weight, in plan order. */
export function byWeight(
  plan: Plan,
  packed: Float32Array,
): { readonly name: string; readonly values: Float32Array }[] {
  let at = 0;
  return plan.weights.map(({ name, shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    at += size;
    return { name, values: packed.subarray(at - size, at) };
  });
}
