/** From forward ops of a plan to kernels in order, with what is fused left out. */
import { elements, pairOf, rootOf, type Op, type OpKind, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Fusion } from './fusion.ts';
import { convGeometry, imageGrid, padded, tileBytes, tilePlace, unpadded } from './geometry.ts';
import { emitConvForward } from './kernels/conv-forward.ts';
import { emitDropoutMask } from './kernels/dropout.ts';
import { emitProduct, emitRelu } from './kernels/element-wise.ts';
import { emitLoss } from './kernels/loss.ts';
import { emitMatrixProduct } from './kernels/matrix.ts';
import { emitMaxPool, emitNegativeInfinity } from './kernels/max-pool.ts';
import { tileToTile } from './kernels/transpose.ts';
import { laneBlock, requiredOffset, weightOffset } from './lane-block.ts';
import type { Piece } from './piece.ts';

type Lower = (plan: Plan, op: Op, fusion: Fusion) => Piece;

/** Ops without a kernel of their own: gather has its own export, flatten is an alias. */
const SILENT: ReadonlySet<OpKind> = new Set<OpKind>(['gather', 'flatten']);

/** The kernel of a forward op; undefined where none is needed. @throws TrainingError `unsupported` */
export function lowerForward(plan: Plan, op: Op, fusion: Fusion): Piece | undefined {
  if (fusion.absorbed.has(op.layer) || SILENT.has(op.kind)) return undefined;
  const lower = FORWARD[op.kind];
  if (lower === undefined) throw new TrainingError('unsupported', `wasm has no kernel for ${op.kind}`, op.layer);
  return lower(plan, op, fusion);
}

export function places(plan: Plan, ...ids: number[]): Map<string, number> {
  return new Map(ids.map((id) => [tilePlace(plan, id), tileBytes(plan, id)]));
}

function conv(plan: Plan, op: Op, fusion: Fusion): Piece {
  const [input = -1] = op.inputs;
  const [output = -1] = op.outputs;
  const g = convGeometry(plan, op, input, output);
  const fused = fusion.forward.get(op.layer);
  const pool = fused?.pool;
  const target = pool?.outputs[0] ?? output;
  const code = pool?.outputs[1];
  const needs = places(plan, input, target, ...(code === undefined ? [] : [code]));
  const scratch = `${op.layer} padded`;
  if (g.isPadded) needs.set(scratch, g.channels * g.paddedRows * g.paddedColumns * 16);
  const [, rows = 1, columns = 1] = plan.buffers[target]?.shape ?? [];
  return {
    name: `${op.layer} conv`,
    places: needs,
    emit: (body, at) => {
      const from = at(tilePlace(plan, input));
      const address = g.isPadded ? at(scratch) : from;
      if (g.isPadded) {
        body.clear(address, g.channels * g.paddedRows * g.paddedColumns * 16);
        tileToTile(body, imageGrid(g), unpadded(from, g), padded(address, g, 16));
      }
      emitConvForward(body, {
        input: { address, rows: g.paddedRows, columns: g.paddedColumns },
        output: { address: at(tilePlace(plan, target)), rows, columns },
        groups: g.groups,
        filtersPerGroup: g.filters / g.groups,
        channelsPerGroup: g.channels / g.groups,
        kernel: g.kernel,
        stride: g.stride,
        weight: requiredOffset(plan, op, op.inputs, 1),
        bias: weightOffset(plan, op.inputs, 2),
        relu: fused?.relu ?? false,
        pool:
          pool === undefined || code === undefined
            ? undefined
            : { size: pairOf(pool, 'size'), stride: pairOf(pool, 'stride'), code: at(tilePlace(plan, code)) },
      });
    },
  };
}

function dense(plan: Plan, op: Op): Piece {
  const [input = -1, weight = -1] = op.inputs;
  const [output = -1] = op.outputs;
  const [units = 0, features = 0] = plan.buffers[weight]?.shape ?? [];
  return {
    name: `${op.layer} dense`,
    places: places(plan, input, output),
    emit: (body, at) => {
      emitMatrixProduct(body, {
        outputs: units,
        terms: features,
        matrix: requiredOffset(plan, op, op.inputs, 1),
        outputStep: features,
        termStep: 1,
        bias: weightOffset(plan, op.inputs, 2),
        x: at(tilePlace(plan, input)),
        y: at(tilePlace(plan, output)),
        accumulate: false,
      });
    },
  };
}

function maxPool(plan: Plan, op: Op): Piece {
  const [input = -1] = op.inputs;
  const [output = -1, code = -1] = op.outputs;
  const [channels = 1, rows = 1, columns = 1] = plan.buffers[input]?.shape ?? [];
  const [, outputRows = 1, outputColumns = 1] = plan.buffers[output]?.shape ?? [];
  const [size, stride, padding] = [pairOf(op, 'size'), pairOf(op, 'stride'), pairOf(op, 'padding')];
  const border = padding[0] > 0 || padding[1] > 0;
  const [height, width] = [rows + 2 * padding[0], columns + 2 * padding[1]];
  const needs = places(plan, input, output, code);
  const scratch = `${op.layer} padded`;
  if (border) needs.set(scratch, channels * height * width * 16);
  return {
    name: `${op.layer} max-pool`,
    places: needs,
    emit: (body, at) => {
      const from = at(tilePlace(plan, input));
      const address = border ? at(scratch) : from;
      if (border) {
        emitNegativeInfinity(body, address, channels * height * width);
        const inside = { address: address + (padding[0] * width + padding[1]) * 16, row: width, plane: height * width };
        tileToTile(body, { channels, rows, columns }, unpadded(from, { rows, columns }), inside);
      }
      emitMaxPool(body, {
        channels,
        input: { address, rows: height, columns: width },
        output: { address: at(tilePlace(plan, output)), rows: outputRows, columns: outputColumns },
        code: at(tilePlace(plan, code)),
        width: columns,
        size,
        stride,
      });
    },
  };
}

function relu(plan: Plan, op: Op): Piece {
  const [input = -1] = op.inputs;
  const [output = -1] = op.outputs;
  return {
    name: `${op.layer} relu`,
    places: places(plan, input, output),
    emit: (body, at) => emitRelu(body, at(tilePlace(plan, input)), at(tilePlace(plan, output)), elements(rootOf(plan, output).shape)),
  };
}

/** Place and bytes of a dropout layer's factors, kept from the forward pass to the backward one. */
export function maskPlace(op: Op): string {
  return `${op.layer} mask`;
}

export function maskBytes(features: number): number {
  return Math.ceil(features / 4) * 64;
}

function dropout(plan: Plan, op: Op): Piece {
  const [input = -1] = op.inputs;
  const [output = -1] = op.outputs;
  const features = elements(rootOf(plan, output).shape);
  const [threshold = 0, scale = 0] = op.hyper.map((column) => column * 4);
  const ordinal = op.attributes['ordinal'];
  return {
    name: `${op.layer} dropout`,
    places: places(plan, input, output).set(maskPlace(op), maskBytes(features)),
    emit: (body, at) => {
      const mask = at(maskPlace(op));
      emitDropoutMask(body, { mask, features, ordinal: typeof ordinal === 'number' ? ordinal : 0, threshold, scale });
      emitProduct(body, at(tilePlace(plan, input)), mask, at(tilePlace(plan, output)), features, false);
    },
  };
}

function loss(plan: Plan, op: Op): Piece {
  const [logits = -1] = op.inputs;
  const block = laneBlock(plan);
  const training = op.outputs.length === 3;
  const gradient = training ? (op.outputs[0] ?? logits) : logits;
  if (rootOf(plan, gradient).id !== rootOf(plan, logits).id)
    throw new TrainingError('unsupported', 'the gradient of the logits should be in their place', op.layer);
  return {
    name: 'loss',
    places: places(plan, logits),
    emit: (body, at) =>
      emitLoss(body, {
        logits: at(tilePlace(plan, logits)),
        classes: elements(rootOf(plan, logits).shape),
        training,
        smoothing: op.hyper[0] === undefined ? undefined : op.hyper[0] * 4,
        lossSum: block.lossSum,
        hits: block.hits,
      }),
  };
}

const FORWARD: Partial<Record<OpKind, Lower>> = { conv, dense, 'max-pool': maxPool, relu, dropout, 'softmax-cross-entropy': loss };
