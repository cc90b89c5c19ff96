/**
 * Runs one training step of the reference executor with given weights and without an update: loss,
 * gradients, and the distance to the nearest kink.
 */
import { keyOf } from '../../src/core/random.ts';
import type { LaneSeed } from '../../src/training/executors/executor.ts';
import { poolGeometry } from '../../src/training/executors/reference/max-pool.ts';
import { execute } from '../../src/training/executors/reference/ops.ts';
import { Tensors, type OpInputs } from '../../src/training/executors/reference/tensors.ts';
import { tapsOf } from '../../src/training/executors/reference/windows.ts';
import type { Params } from '../../src/training/objective/objective.ts';
import { elements, type Op } from '../../src/training/plan/plan.ts';
import { HyperRows } from '../../src/training/run/hyper.ts';
import { initialWeights } from '../../src/training/run/initialise.ts';
import type { SmallSubject } from './networks.ts';
import { PARAMS } from './training.ts';

export interface Walk {
  /** Mean over the valid samples. */
  readonly loss: number;
  /** In plan order; before clipping. */
  readonly gradients: readonly Float64Array[];
  /** Side of every kink (relu, leaky-relu at 0; a pool's winner) that each value is on. */
  readonly sides: string;
  /** Smallest distance from a kink, as a share of the op's largest input. */
  readonly gap: number;
}

const UPDATES = new Set(['clip', 'sgd', 'adam', 'adamw', 'rmsprop']);

/** As `ReferenceExecutor` starts them. */
export function firstWeights({ plan }: SmallSubject, seed: number, lane: LaneSeed): Float64Array[] {
  const block = initialWeights(plan, seed, lane);
  return plan.weights.map(({ offset, shape }) =>
    Float64Array.from(block.subarray(offset, offset + elements(shape))),
  );
}

export interface Place {
  /** Valid samples of the batch. */
  readonly indices: Uint32Array;
  readonly epoch?: number;
  /** Of the run. */
  readonly step?: number;
  readonly perEpoch?: number;
  /** false: sides and gap are not computed. */
  readonly kinks?: boolean;
}

/** Of the lane of trial 0 in a run of seed 7. */
export function walkReference(
  { network, plan, settings, view }: SmallSubject,
  weights: readonly Float64Array[],
  { indices, epoch = 0, step: at = 0, perEpoch = 1, kinks: looked = true }: Place,
  params: Params = PARAMS,
): Walk {
  const words = new HyperRows(plan, network, settings, [params], perEpoch).piece(at, 1);
  const tensors = new Tensors(plan);
  const named = (role: string, name: string): Float64Array =>
    tensors.at(plan.buffers.find((b) => b.role === role && b.name === name)?.id);
  plan.weights.forEach(({ name }, i) => {
    named('weight', name).set(weights[i] ?? []);
  });
  for (const { name, initial } of plan.statistics) named('statistic', name).fill(initial);
  const n = indices.length;
  const step: OpInputs = {
    tensors,
    n,
    batch: plan.batch,
    step: at,
    epoch,
    training: true,
    key: keyOf(7),
    trial: 1,
    words,
    floats: new Float32Array(words.buffer),
    x: view.x,
    y: view.y,
    indices,
  };
  let sides = '';
  let gap = Infinity;
  for (const op of plan.train) {
    if (UPDATES.has(op.kind)) continue;
    if (looked) {
      const kinks = kinksOf(op, step);
      sides += kinks.sides;
      gap = Math.min(gap, kinks.gap);
    }
    execute(op, step, []);
  }
  const gradients = plan.weights.map(({ name }) => named('weight-gradient', `${name}'`).slice());
  return { loss: (named('metric', 'loss')[0] ?? NaN) / n, gradients, sides, gap };
}

function kinksOf(
  op: Op,
  { tensors, n }: OpInputs,
): { readonly sides: string; readonly gap: number } {
  const [input = -1] = op.inputs;
  if (op.kind !== 'relu' && op.kind !== 'leaky-relu' && op.kind !== 'max-pool')
    return { sides: '', gap: Infinity };
  const x = tensors.at(input).subarray(0, n * tensors.size(input));
  const largest = x.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-30);
  if (op.kind !== 'max-pool') {
    const smallest = x.reduce((a, v) => (v === 0 ? a : Math.min(a, Math.abs(v))), Infinity);
    return { sides: Array.from(x, (v) => (v > 0 ? '1' : '0')).join(''), gap: smallest / largest };
  }
  const [output = -1] = op.outputs;
  const {
    output: outputAt,
    input: inputAt,
    tap,
  } = tapsOf(poolGeometry(op, tensors, input, output));
  const planes = n * (tensors.shape(input)[0] ?? 1);
  const [inputSize, outputSize] = [x.length / planes, (tensors.size(output) * n) / planes];
  let sides = '';
  let gap = Infinity;
  for (let plane = 0; plane < planes; plane++) {
    const best = new Float64Array(outputSize).fill(-Infinity);
    const second = best.slice();
    const winner = new Int32Array(outputSize);
    for (let i = 0; i < tap.length; i++) {
      const to = outputAt[i] ?? 0;
      const value = x[plane * inputSize + (inputAt[i] ?? 0)] ?? 0;
      if (value > (best[to] ?? 0)) {
        second[to] = best[to] ?? 0;
        best[to] = value;
        winner[to] = tap[i] ?? 0;
      } else if (value > (second[to] ?? 0)) second[to] = value;
    }
    sides += winner.join();
    // Equal values are the same in every arithmetic: zeros of a relu, repeats of a pixel.
    best.forEach((value, i) => {
      if (value !== second[i]) gap = Math.min(gap, (value - (second[i] ?? 0)) / largest);
    });
  }
  return { sides, gap };
}
