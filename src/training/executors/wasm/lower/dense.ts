/**
 * Lowers dense to a correlation of one pixel. Small weights are processed tile by tile, large ones
 * for the whole batch at once.
 */
import type { Op } from '../../../plan/plan.ts';
import { batchPlace, batchSamples, sampleBytes, TILE } from '../geometry.ts';
import { correlate, type Correlation } from '../kernels/correlate.ts';
import { denseWeightGradient as denseWeightGradientOfTile } from '../kernels/dense-weight-gradient.ts';
import { tileToSamples } from '../kernels/transpose.ts';
import { biasGradient, weightGradient } from '../kernels/weight-gradient.ts';
import { NOTHING, step, TILES, type Place, type KernelStep } from '../steps.ts';
import { acrossTiles } from './conv.ts';
import { adds, inLane, input, LARGE_WEIGHTS, output, shapeOf, type Lowering } from './lowering.ts';

const VECTOR = 16;

/** y[o] = b[o] + Σ_k M[o,k]·x[k]. Strides of M's outputs and terms are in elements. */
function product(
  outputs: number,
  terms: number,
  weight: { filter: number; channel: number },
  bias: boolean,
  add: boolean,
): Correlation {
  return {
    groups: 1,
    filters: outputs,
    channels: terms,
    kernel: [1, 1],
    rows: 1,
    columns: 1,
    x: { plane: VECTOR, row: VECTOR, column: VECTOR },
    y: { plane: VECTOR, row: VECTOR, column: VECTOR },
    tap: { row: VECTOR, column: VECTOR },
    weight: { group: 0, filter: weight.filter * 4, channel: weight.channel * 4, row: 4, column: 4 },
    bias,
    add,
    relu: false,
  };
}

function multiply(
  lowering: Lowering,
  op: Op,
  shape: Correlation,
  bias: ReturnType<typeof inLane>,
): KernelStep {
  const { channels, filters } = shape;
  const operands = [
    input(lowering, op),
    inLane(lowering, op.inputs, 1),
    bias,
    output(lowering, op),
  ];
  return channels * filters * 4 >= LARGE_WEIGHTS
    ? step('batch', correlate(acrossTiles(shape, channels, filters)), ...operands, TILES)
    : step('tile', correlate(shape), ...operands);
}

export function dense(lowering: Lowering, op: Op): KernelStep[] {
  const [units = 0, features = 0] = shapeOf(lowering.plan, op.inputs, 1);
  const bias = inLane(lowering, op.inputs, 2);
  return [
    multiply(
      lowering,
      op,
      product(units, features, { filter: features, channel: 1 }, bias !== NOTHING, false),
      bias,
    ),
  ];
}

/** Operands: y', weight. */
export function denseInputGradient(lowering: Lowering, op: Op): KernelStep[] {
  const [units = 0, features = 0] = shapeOf(lowering.plan, op.inputs, 1);
  return [
    multiply(
      lowering,
      op,
      product(features, units, { filter: 1, channel: features }, false, adds(op)),
      NOTHING,
    ),
  ];
}

export function denseWeightGradient(lowering: Lowering, op: Op): KernelStep[] {
  const { plan } = lowering;
  const [units = 0, features = 0] = shapeOf(plan, op.outputs);
  const [x, g] = [input(lowering, op), input(lowering, op, 1)];
  const [to, bias] = [inLane(lowering, op.outputs, 0), inLane(lowering, op.outputs, 1)];
  const large = units * features * 4 >= LARGE_WEIGHTS;
  const steps: KernelStep[] = [];
  if (large) {
    const steps1 = {
      row: VECTOR,
      column: VECTOR,
      tapRow: VECTOR,
      tapColumn: VECTOR,
      plane: VECTOR,
    };
    const tile = { g: units * VECTOR, x: features * VECTOR };
    const shape = {
      groups: 1,
      filters: units,
      channels: features,
      kernel: [1, 1] as const,
      rows: 1,
      columns: 1,
      x: steps1,
      tile,
    };
    steps.push(step('batch', weightGradient(shape), g, x, to, TILES));
  } else {
    const perSample = sampleBytes(features);
    const direct = x.name === batchPlace(plan).name;
    const samples: Place = direct
      ? batchSamples(plan)
      : { name: `${op.layer} samples`, bytes: TILE * perSample, each: 'tile' };
    const flat = { inset: 0, row: features, plane: features };
    const grid = { channels: 1, rows: 1, columns: features };
    if (!direct)
      steps.push(
        step(
          'tile',
          tileToSamples({ grid, tile: flat, samples: flat, sampleBytes: perSample }),
          x,
          samples,
        ),
      );
    steps.push(
      step(
        'tile',
        denseWeightGradientOfTile({ units, features, sampleBytes: perSample }),
        samples,
        g,
        to,
      ),
    );
  }
  if (bias !== NOTHING)
    steps.push(
      step(large ? 'batch' : 'tile', biasGradient({ filters: units, plane: 1 }), g, bias, TILES),
    );
  return steps;
}
