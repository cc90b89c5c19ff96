/** From gradient ops of a plan to kernels; a convolution's two gradients are one kernel, through the pool's winners if that is fused. */
import { elements, pairOf, rootOf, type Op, type OpKind, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Fusion } from './fusion.ts';
import { BATCH_SAMPLES, convGeometry, flatGrid, imageGrid, padded, sampleBytes, tilePlace, unpadded } from './geometry.ts';
import { emitConvBackward, listBytes } from './kernels/conv-backward.ts';
import { emitDenseWeightGradient } from './kernels/dense-weight-gradient.ts';
import { emitProduct, emitReluGradient } from './kernels/element-wise.ts';
import { emitMatrixProduct } from './kernels/matrix.ts';
import { emitMaxPoolGradient } from './kernels/max-pool.ts';
import { samplesToTile, tileToSamples } from './kernels/transpose.ts';
import { requiredOffset, weightOffset } from './lane-block.ts';
import { maskBytes, maskPlace, places } from './lower-forward.ts';
import type { Piece } from './piece.ts';

type Lower = (plan: Plan, op: Op, fusion: Fusion) => Piece;

/** The kernel of a gradient op; undefined where another carries it out. */
export function lowerBackward(plan: Plan, op: Op, fusion: Fusion): Piece | undefined {
  if (op.kind === 'conv-input-gradient' || (op.kind === 'max-pool-gradient' && fusion.pooled.has(op.layer))) return undefined;
  const lower = BACKWARD[op.kind];
  if (lower === undefined) throw new TrainingError('unsupported', `wasm has no kernel for ${op.kind}`, op.layer);
  return lower(plan, op, fusion);
}

function isBatch(plan: Plan, id: number): boolean {
  return rootOf(plan, id).role === 'input';
}

function convGradients(plan: Plan, op: Op, fusion: Fusion): Piece {
  const [input = -1, gradient = -1] = op.inputs;
  const g = convGeometry(plan, op, input, gradient);
  const inputOp = plan.train.find((other) => other.kind === 'conv-input-gradient' && other.layer === op.layer);
  const target = inputOp?.outputs[0];
  const pool = plan.train.find(
    (other) => other.kind === 'max-pool-gradient' && other.outputs[0] === gradient && fusion.pooled.has(other.layer),
  );
  const [source = gradient, code] = pool?.inputs ?? [gradient];
  const [, rows = 1, columns = 1] = plan.buffers[source]?.shape ?? [];
  const poolStride = pool === undefined ? ([1, 1] as const) : pairOf(pool, 'stride');
  const perSample = sampleBytes(g.channels * g.paddedRows * g.paddedColumns);
  const direct = isBatch(plan, input) && !g.isPadded;
  const [samples, result, list] = [
    direct ? BATCH_SAMPLES : `${op.layer} samples`,
    `${op.layer} input gradient samples`,
    `${op.layer} list`,
  ];
  const needs = places(
    plan,
    source,
    ...(code === undefined ? [] : [code]),
    ...(direct ? [] : [input]),
    ...(target === undefined ? [] : [target]),
  );
  if (!direct) needs.set(samples, 4 * perSample);
  if (target !== undefined) needs.set(result, 4 * perSample);
  needs.set(list, 2 * listBytes(rows * columns));
  const weight = plan.train.find((other) => other.kind === 'conv' && other.layer === op.layer);
  return {
    name: `${op.layer} gradients`,
    places: needs,
    emit: (body, at) => {
      if (!direct) {
        if (g.isPadded) body.clear(at(samples), 4 * perSample);
        tileToSamples(body, imageGrid(g), unpadded(at(tilePlace(plan, input)), g), padded(at(samples), g, 4), perSample);
      }
      emitConvBackward(body, {
        input: { address: at(samples), sampleBytes: perSample, rows: g.paddedRows, columns: g.paddedColumns },
        inputGradient: target === undefined ? undefined : at(result),
        gradient: {
          address: at(tilePlace(plan, source)),
          rows,
          columns,
          stride: [g.stride[0] * poolStride[0], g.stride[1] * poolStride[1]],
          code: code === undefined ? undefined : at(tilePlace(plan, code)),
        },
        groups: g.groups,
        filtersPerGroup: g.filters / g.groups,
        channelsPerGroup: g.channels / g.groups,
        kernel: g.kernel,
        weight: requiredOffset(plan, op, weight?.inputs ?? [], 1),
        weightGradient: requiredOffset(plan, op, op.outputs, 0),
        biasGradient: weightOffset(plan, op.outputs, 1),
        list: at(list),
        listBytes: listBytes(rows * columns),
      });
      if (target === undefined) return;
      samplesToTile(
        body,
        imageGrid(g),
        padded(at(result), g, 4),
        unpadded(at(tilePlace(plan, target)), g),
        perSample,
        inputOp?.accumulate[0] ?? false,
      );
    },
  };
}

function denseWeightGradient(plan: Plan, op: Op): Piece {
  const [input = -1, gradient = -1] = op.inputs;
  const [units = 0, features = 0] = plan.buffers[op.outputs[0] ?? -1]?.shape ?? [];
  const perSample = sampleBytes(features);
  const direct = isBatch(plan, input);
  const samples = direct ? BATCH_SAMPLES : `${op.layer} samples`;
  const needs = places(plan, gradient, ...(direct ? [] : [input]));
  if (!direct) needs.set(samples, 4 * perSample);
  return {
    name: `${op.layer} weight gradient`,
    places: needs,
    emit: (body, at) => {
      if (!direct) {
        const tile = unpadded(at(tilePlace(plan, input)), { rows: 1, columns: features });
        tileToSamples(body, flatGrid(features), tile, unpadded(at(samples), { rows: 1, columns: features }), perSample);
      }
      emitDenseWeightGradient(body, {
        units,
        features,
        x: { address: at(samples), sampleBytes: perSample },
        gradient: at(tilePlace(plan, gradient)),
        weightGradient: requiredOffset(plan, op, op.outputs, 0),
        biasGradient: weightOffset(plan, op.outputs, 1),
      });
    },
  };
}

function denseInputGradient(plan: Plan, op: Op): Piece {
  const [gradient = -1, weight = -1] = op.inputs;
  const [target = -1] = op.outputs;
  const [units = 0, features = 0] = plan.buffers[weight]?.shape ?? [];
  return {
    name: `${op.layer} input gradient`,
    places: places(plan, gradient, target),
    emit: (body, at) =>
      emitMatrixProduct(body, {
        outputs: features,
        terms: units,
        matrix: requiredOffset(plan, op, op.inputs, 1),
        outputStep: 1,
        termStep: features,
        bias: undefined,
        x: at(tilePlace(plan, gradient)),
        y: at(tilePlace(plan, target)),
        accumulate: op.accumulate[0] ?? false,
      }),
  };
}

function maxPoolGradient(plan: Plan, op: Op): Piece {
  const [gradient = -1, code = -1] = op.inputs;
  const [target = -1] = op.outputs;
  const [channels = 1, rows = 1, columns = 1] = plan.buffers[target]?.shape ?? [];
  const [, outputRows = 1, outputColumns = 1] = plan.buffers[gradient]?.shape ?? [];
  return {
    name: `${op.layer} gradient`,
    places: places(plan, gradient, code, target),
    emit: (body, at) =>
      emitMaxPoolGradient(body, {
        channels,
        gradient: { address: at(tilePlace(plan, gradient)), rows: outputRows, columns: outputColumns },
        code: at(tilePlace(plan, code)),
        input: { address: at(tilePlace(plan, target)), rows, columns },
        stride: pairOf(op, 'stride'),
        padding: pairOf(op, 'padding'),
        accumulate: op.accumulate[0] ?? false,
      }),
  };
}

function reluGradient(plan: Plan, op: Op): Piece {
  const [gradient = -1, output = -1] = op.inputs;
  const [target = -1] = op.outputs;
  const count = elements(rootOf(plan, target).shape);
  return {
    name: `${op.layer} gradient`,
    places: places(plan, gradient, output, target),
    emit: (body, at) =>
      emitReluGradient(
        body,
        at(tilePlace(plan, gradient)),
        at(tilePlace(plan, output)),
        at(tilePlace(plan, target)),
        count,
        op.accumulate[0] ?? false,
      ),
  };
}

function dropoutGradient(plan: Plan, op: Op): Piece {
  const [gradient = -1] = op.inputs;
  const [target = -1] = op.outputs;
  const features = elements(rootOf(plan, target).shape);
  return {
    name: `${op.layer} gradient`,
    places: places(plan, gradient, target).set(maskPlace(op), maskBytes(features)),
    emit: (body, at) =>
      emitProduct(body, at(tilePlace(plan, gradient)), at(maskPlace(op)), at(tilePlace(plan, target)), features, op.accumulate[0] ?? false),
  };
}

const BACKWARD: Partial<Record<OpKind, Lower>> = {
  'conv-weight-gradient': convGradients,
  'dense-weight-gradient': denseWeightGradient,
  'dense-input-gradient': denseInputGradient,
  'max-pool-gradient': maxPoolGradient,
  'relu-gradient': reluGradient,
  'dropout-gradient': dropoutGradient,
};
