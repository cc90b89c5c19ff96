/**
 * Lowers convolutions: padding first; the forward pass is one correlation, the input gradient one
 * per residue of the stride.
 */
import { at } from '../../../../core/at.ts';
import { numberOf, pairOf, type Op, type Plan } from '../../../plan/plan.ts';
import {
  batchSamples,
  convGeometry,
  imageGrid,
  padded,
  placeOf,
  sampleBytes,
  TILE,
  unpadded,
  type ConvGeometry,
} from '../geometry.ts';
import { correlate, type Correlation } from '../kernels/correlate.ts';
import { depthwise } from '../kernels/depthwise.ts';
import { pad, samplesToTile, tileToSamples } from '../kernels/transpose.ts';
import { biasGradient, weightGradient } from '../kernels/weight-gradient.ts';
import { listBytes, winnersBackward } from '../kernels/winners-backward.ts';
import { zeros } from '../kernels/zeros.ts';
import {
  NOTHING,
  step,
  TILES,
  type Operand,
  type Place,
  type Scope,
  type KernelStep,
} from '../steps.ts';
import { adds, imageOf, inLane, input, LARGE_WEIGHTS, output, type Lowering } from './lowering.ts';

const VECTOR = 16;

/**
 * Number of pixels below which the sum over a tile's lanes is expensive, so that it is computed
 * once for the whole batch.
 */
const FEW_PIXELS = 32;

function tapCount(g: ConvGeometry): number {
  return g.kernel[0] * g.kernel[1];
}

function isDepthwise(g: ConvGeometry): boolean {
  return g.groups > 1 && g.groups === g.channels && g.filters === g.channels;
}

function weightBytes(g: ConvGeometry): number {
  return (g.filters * g.channels * tapCount(g) * 4) / g.groups;
}

/** Returns the image with its padding, and the step that creates it. */
function withPadding(
  place: Place,
  name: string,
  g: ConvGeometry,
): { readonly place: Place; readonly steps: KernelStep[] } {
  if (!g.isPadded) return { place, steps: [] };
  const roomy: Place = {
    name,
    bytes: g.channels * g.paddedRows * g.paddedColumns * VECTOR,
    each: 'tile',
  };
  const { channels, rows, columns, paddedRows, paddedColumns, padding } = g;
  const grid = { channels, rows, columns };
  const kernel = pad({ grid, paddedRows, paddedColumns, top: padding[0], left: padding[1] });
  return { place: roomy, steps: [step('tile', kernel, place, roomy)] };
}

export function conv(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, fusion } = lowering;
  const g = convGeometry(plan, op, at(op.inputs, 0), at(op.outputs, 0));
  const fused = fusion.forward.get(op.layer);
  const pool = fused?.pool;
  const { place, steps } = withPadding(input(lowering, op), `${op.layer} padded`, g);
  const [weight, bias] = [inLane(lowering, op.inputs, 1), inLane(lowering, op.inputs, 2)];
  const result = pool === undefined ? output(lowering, op) : output(lowering, pool);
  const [, rows, columns] =
    pool === undefined ? [0, g.outputRows, g.outputColumns] : imageOf(plan, pool.outputs);
  const taps = tapCount(g);
  const [down, across] = [g.paddedColumns * VECTOR, VECTOR];
  const shape: Correlation = {
    groups: g.groups,
    filters: g.filters / g.groups,
    channels: g.channels / g.groups,
    kernel: g.kernel,
    rows,
    columns,
    x: { plane: g.paddedRows * down, row: g.stride[0] * down, column: g.stride[1] * across },
    y: { plane: rows * columns * VECTOR, row: columns * VECTOR, column: VECTOR },
    tap: { row: down, column: across },
    weight: weightSteps(g, { filter: (g.channels / g.groups) * taps * 4, channel: taps * 4 }),
    bias: bias !== NOTHING,
    add: false,
    relu: fused?.relu ?? false,
  };
  if (pool !== undefined) {
    const [size, stride] = [pairOf(pool, 'size'), pairOf(pool, 'stride')];
    // The code is the byte offset of the winner's window in sample layout, which the backward pass
    // needs.
    const code = { row: g.stride[0] * g.paddedColumns * 4, column: g.stride[1] * 4 };
    const moves = { row: stride[0] * shape.x.row, column: stride[1] * shape.x.column };
    steps.push(
      step(
        'tile',
        correlate({ ...shape, pool: { size, code, x: moves } }),
        place,
        weight,
        bias,
        result,
        output(lowering, pool, 1),
      ),
    );
  } else if (isDepthwise(g)) {
    const weightOf = { ...shape.weight, channel: taps * 4 };
    steps.push(
      step(
        'tile',
        depthwise({ ...shape, channels: g.channels, columns, weight: weightOf }),
        place,
        weight,
        bias,
        result,
      ),
    );
  } else if (isPointwise(g) && rows * columns <= 2 && weightBytes(g) >= LARGE_WEIGHTS) {
    steps.push(
      step(
        'batch',
        correlate(acrossTiles(shape, g.channels, g.filters)),
        place,
        weight,
        bias,
        result,
        TILES,
      ),
    );
  } else steps.push(step('tile', correlate(shape), place, weight, bias, result));
  return steps;
}

function isPointwise(g: ConvGeometry): boolean {
  return tapCount(g) === 1 && g.stride[0] === 1 && g.stride[1] === 1 && !g.isPadded;
}

/**
 * A 1×1 correlation with pixels as rows and tiles as columns, so that each weight is used for
 * several tiles.
 */
export function acrossTiles(shape: Correlation, channels: number, filters: number): Correlation {
  const pixels = shape.rows * Number(shape.columns);
  return {
    ...shape,
    rows: pixels,
    columns: 'tiles',
    x: { plane: pixels * VECTOR, row: VECTOR, column: channels * pixels * VECTOR },
    y: { plane: pixels * VECTOR, row: VECTOR, column: filters * pixels * VECTOR },
  };
}

function weightSteps(
  g: ConvGeometry,
  { filter, channel }: { filter: number; channel: number },
): Correlation['weight'] {
  return { group: weightBytes(g) / g.groups, filter, channel, row: g.kernel[1] * 4, column: 4 };
}

export function convWeightGradient(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, fusion } = lowering;
  const [image = -1, gradient = -1] = op.inputs;
  const g = convGeometry(plan, op, image, gradient);
  const pool = plan.train.find(
    (o) =>
      o.kind === 'max-pool-gradient' && o.outputs[0] === gradient && fusion.pooled.has(o.layer),
  );
  if (pool !== undefined) return throughWinners(lowering, op, g, pool);
  const { place, steps } = withPadding(input(lowering, op), `${op.layer} padded again`, g);
  const pixels = g.outputRows * g.outputColumns;
  const scope: Scope =
    pixels < FEW_PIXELS && weightBytes(g) >= LARGE_WEIGHTS / 16 ? 'batch' : 'tile';
  const [down, across] = [g.paddedColumns * VECTOR, VECTOR];
  const kernel = weightGradient({
    groups: g.groups,
    filters: g.filters / g.groups,
    channels: g.channels / g.groups,
    kernel: g.kernel,
    rows: g.outputRows,
    columns: g.outputColumns,
    x: {
      row: g.stride[0] * down,
      column: g.stride[1] * across,
      tapRow: down,
      tapColumn: across,
      plane: g.paddedRows * down,
    },
    tile: { g: g.filters * pixels * VECTOR, x: g.channels * g.paddedRows * down },
  });
  const from = input(lowering, op, 1);
  steps.push(step(scope, kernel, from, place, inLane(lowering, op.outputs, 0), TILES));
  const bias = inLane(lowering, op.outputs, 1);
  if (bias !== NOTHING)
    steps.push(step(scope, biasGradient({ filters: g.filters, plane: pixels }), from, bias, TILES));
  return steps;
}

export function convInputGradient(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, fusion } = lowering;
  const [gradient = -1] = op.inputs;
  const [target = -1] = op.outputs;
  if (
    plan.train.some(
      (o) =>
        o.kind === 'max-pool-gradient' && o.outputs[0] === gradient && fusion.pooled.has(o.layer),
    )
  )
    return [];
  const g = convGeometry(plan, op, target, gradient);
  const residues = [0, 1].map((axis) =>
    Array.from({ length: at(g.stride, axis) }, (_, a) => residue(g, axis as 0 | 1, a)),
  );
  const [vertical = [], horizontal = []] = residues;
  const [top, bottom] = margins(vertical, g.outputRows);
  const [left, right] = margins(horizontal, g.outputColumns);
  const [paddedRows, paddedColumns] = [top + g.outputRows + bottom, left + g.outputColumns + right];
  const roomy = {
    ...g,
    channels: g.filters,
    rows: g.outputRows,
    columns: g.outputColumns,
    paddedRows,
    paddedColumns,
    padding: [top, left],
  };
  const isPadded = paddedRows !== g.outputRows || paddedColumns !== g.outputColumns;
  const { place, steps } = withPadding(input(lowering, op), `${op.layer} gradient padded`, {
    ...roomy,
    padding: [top, left],
    isPadded,
  });
  const result = output(lowering, op);
  const taps = tapCount(g);
  const [down, plane] = [paddedColumns * VECTOR, g.rows * g.columns * VECTOR];
  const add = adds(op);
  // Clears pixels that no tap reaches.
  if (!add && [...vertical, ...horizontal].some((r) => r.taps === 0 && r.pixels > 0)) {
    steps.push(step('tile', zeros({ bytes: g.channels * plane }), result));
  }
  for (const v of vertical) {
    for (const h of horizontal) {
      if (v.taps === 0 || h.taps === 0 || v.pixels === 0 || h.pixels === 0) continue;
      const shape: Correlation = {
        groups: g.groups,
        filters: g.channels / g.groups,
        channels: g.filters / g.groups,
        kernel: [v.taps, h.taps],
        rows: v.pixels,
        columns: h.pixels,
        x: { plane: paddedRows * down, row: down, column: VECTOR },
        y: { plane, row: g.stride[0] * g.columns * VECTOR, column: g.stride[1] * VECTOR },
        tap: { row: -down, column: -VECTOR },
        weight: {
          group: weightBytes(g) / g.groups,
          filter: taps * 4,
          channel: (g.channels / g.groups) * taps * 4,
          row: g.stride[0] * g.kernel[1] * 4,
          column: g.stride[1] * 4,
        },
        bias: false,
        add,
        relu: false,
      };
      const from: Operand = {
        place,
        offset: ((top + v.start) * paddedColumns + left + h.start) * VECTOR,
      };
      const to: Operand = { place: result, offset: (v.first * g.columns + h.first) * VECTOR };
      const weight = inLane(lowering, op.inputs, 1, (v.firstTap * g.kernel[1] + h.firstTap) * 4);
      if (isDepthwise(g)) {
        const own = {
          ...shape,
          channels: g.channels,
          columns: h.pixels,
          weight: { ...shape.weight, channel: taps * 4 },
        };
        steps.push(step('tile', depthwise(own), from, weight, NOTHING, to));
      } else if (isPointwise(g) && g.rows * g.columns <= 2 && weightBytes(g) >= LARGE_WEIGHTS) {
        steps.push(
          step(
            'batch',
            correlate(acrossTiles(shape, g.filters, g.channels)),
            from,
            weight,
            NOTHING,
            to,
            TILES,
          ),
        );
      } else steps.push(step('tile', correlate(shape), from, weight, NOTHING, to));
    }
  }
  return steps;
}

/**
 * Input pixels ≡ `first` modulo the stride along one axis: the taps that reach them and from where.
 */
interface Residue {
  readonly first: number;
  readonly pixels: number;
  readonly firstTap: number;
  readonly taps: number;
  /**
   * The gradient's pixel that the first tap of the first pixel reads; later taps read pixels before
   * it.
   */
  readonly start: number;
}

function residue(g: ConvGeometry, axis: 0 | 1, first: number): Residue {
  const [size, stride, kernel, padding] = [
    at([g.rows, g.columns], axis),
    g.stride[axis],
    g.kernel[axis],
    g.padding[axis],
  ];
  const firstTap = (first + padding) % stride;
  return {
    first,
    pixels: Math.max(0, Math.ceil((size - first) / stride)),
    firstTap,
    taps: Math.max(0, Math.ceil((kernel - firstTap) / stride)),
    start: (first + padding - firstTap) / stride,
  };
}

/** Number of pixels read before and after the `size` pixels of the gradient. */
function margins(residues: readonly Residue[], size: number): [before: number, after: number] {
  const read = residues.filter((r) => r.taps > 0 && r.pixels > 0);
  const least = Math.min(0, ...read.map((r) => r.start - (r.taps - 1)));
  const most = Math.max(size - 1, ...read.map((r) => r.start + r.pixels - 1));
  return [-least, most - (size - 1)];
}

/** Both gradients of a pooled convolution, in sample layout. */
function throughWinners(lowering: Lowering, op: Op, g: ConvGeometry, pool: Op): KernelStep[] {
  const { plan } = lowering;
  const [image = -1] = op.inputs;
  const [source, code] = [input(lowering, pool), input(lowering, pool, 1)];
  const [, rows, columns] = imageOf(plan, pool.inputs);
  const stride = pairOf(pool, 'stride');
  const perSample = sampleBytes(g.channels * g.paddedRows * g.paddedColumns);
  const inputOp = plan.train.find((o) => o.kind === 'conv-input-gradient' && o.layer === op.layer);
  const forward = plan.train.find((o) => o.kind === 'conv' && o.layer === op.layer);
  const direct = isBatch(plan, image) && !g.isPadded;
  const samples: Place = direct
    ? batchSamples(plan)
    : { name: `${op.layer} samples`, bytes: TILE * perSample, each: 'tile' };
  const result: Place = {
    name: `${op.layer} gradient samples`,
    bytes: TILE * perSample,
    each: 'tile',
  };
  const list: Place = {
    name: `${op.layer} list`,
    bytes: 2 * listBytes(rows * columns),
    each: 'tile',
  };
  const transfer = {
    grid: imageGrid(g),
    tile: unpadded(g),
    samples: padded(g),
    sampleBytes: perSample,
  };
  const steps: KernelStep[] = [];
  if (!direct) {
    if (g.isPadded) steps.push(step('tile', zeros({ bytes: samples.bytes }), samples));
    steps.push(step('tile', tileToSamples(transfer), placeOf(plan, image), samples));
  }
  const bias = inLane(lowering, op.outputs, 1);
  const kernel = winnersBackward({
    input: { sampleBytes: perSample, rows: g.paddedRows, columns: g.paddedColumns },
    wantsInput: inputOp !== undefined,
    bias: bias !== NOTHING,
    gradient: { rows, columns, stride: [g.stride[0] * stride[0], g.stride[1] * stride[1]] },
    groups: numberOf(op, 'groups'),
    filtersPerGroup: g.filters / g.groups,
    channelsPerGroup: g.channels / g.groups,
    kernel: g.kernel,
  });
  const weight = inLane(lowering, forward?.inputs ?? [], 1);
  const weightGradientOf = inLane(lowering, op.outputs, 0);
  const back: Place | Operand = inputOp === undefined ? NOTHING : result;
  steps.push(
    step('tile', kernel, samples, source, code, weight, weightGradientOf, bias, list, back),
  );
  if (inputOp !== undefined) {
    steps.push(
      step(
        'tile',
        samplesToTile({ ...transfer, add: adds(inputOp) }),
        output(lowering, inputOp),
        result,
      ),
    );
  }
  return steps;
}

function isBatch(plan: Plan, id: number): boolean {
  return (
    placeOf(plan, id).name ===
    placeOf(plan, plan.train.find((o) => o.kind === 'gather')?.outputs[0] ?? -1).name
  );
}
