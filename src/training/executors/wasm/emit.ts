/** From a plan to a module's bytes: gather, one training step's forward and backward of a tile, evaluation of a tile, the update. */
import { elements, numberOf, rootOf, type Op, type Plan } from '../../plan/plan.ts';
import { ModuleBuilder } from './assembler.ts';
import { chooseFusion } from './fusion.ts';
import { BATCH_SAMPLES, flatGrid, sampleBytes, tilePlace, unpadded } from './geometry.ts';
import { emitGather } from './kernels/gather.ts';
import { emitSgd, type Sgd } from './kernels/sgd.ts';
import { samplesToTile } from './kernels/transpose.ts';
import { laneBlock } from './lane-block.ts';
import { lowerBackward } from './lower-backward.ts';
import { lowerForward } from './lower-forward.ts';
import { placeAll, type Piece, type Places } from './piece.ts';
import type { Body } from './instructions.ts';

/** Exports of the module; (lane, row) are byte addresses of the lane's block and its row of values. */
export interface Kernels {
  readonly gather: () => void;
  readonly train: (lane: number, row: number) => void;
  readonly evaluate: (lane: number, row: number) => void;
  readonly update: (lane: number, row: number) => void;
}

export interface EmittedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** First byte address after the frame and the tile's memory. */
  readonly end: number;
}

export function emitModule(plan: Plan): EmittedModule {
  const fusion = chooseFusion(plan);
  const pieces = (ops: readonly Op[]): Piece[] =>
    ops.flatMap((op) => {
      const piece = op.kind.endsWith('-gradient')
        ? lowerBackward(plan, op, fusion)
        : op.kind === 'sgd'
          ? undefined
          : lowerForward(plan, op, fusion);
      return piece === undefined ? [] : [piece];
    });
  const [train, evaluate] = [pieces(plan.train), pieces(plan.evaluate)];
  const batch = plan.train.find((op) => op.kind === 'gather')?.outputs[0] ?? -1;
  const count = elements(rootOf(plan, batch).shape);
  const kept: Places = new Map([
    [BATCH_SAMPLES, 4 * sampleBytes(count)],
    [tilePlace(plan, batch), count * 16],
  ]);
  const module = new ModuleBuilder();
  const forTrain = placeAll(train, kept);
  const forEvaluate = placeAll(evaluate, kept);
  module.define(['i32', 'i32'], (body) => gatherBatch(body, plan, batch, count, forTrain.at), 'gather');
  defineRun(module, 'train', train, forTrain.at);
  defineRun(module, 'evaluate', evaluate, forEvaluate.at);
  module.define(['i32', 'i32'], (body) => emitSgd(body, sgdOf(plan)), 'update');
  return { bytes: module.bytes(), end: Math.max(forTrain.end, forEvaluate.end) };
}

function defineRun(module: ModuleBuilder, name: string, pieces: readonly Piece[], at: (place: string) => number): void {
  const functions = pieces.map((piece) => module.define(['i32', 'i32'], (body) => piece.emit(body, at)));
  module.define(['i32', 'i32'], (body) => functions.forEach((index) => body.get(0).get(1).call(index)), name);
}

function gatherBatch(body: Body, plan: Plan, batch: number, count: number, at: (place: string) => number): void {
  const { shape, scale, shift } = plan.input;
  const channels = shape.length === 3 ? (shape[0] ?? 1) : 1;
  const samples = { address: at(BATCH_SAMPLES), sampleBytes: sampleBytes(count) };
  emitGather(body, { channels, plane: count / channels, scale, shift, samples });
  const flat = { rows: 1, columns: count };
  samplesToTile(
    body,
    flatGrid(count),
    unpadded(samples.address, flat),
    unpadded(at(tilePlace(plan, batch)), flat),
    samples.sampleBytes,
    false,
  );
}

function sgdOf(plan: Plan): Sgd {
  const op = plan.train.find((o) => o.kind === 'sgd');
  if (op === undefined) throw new Error('the plan has no update');
  const runs: { first: number; count: number; decay: boolean }[] = [];
  for (const { offset, shape, decay } of plan.weights) {
    const count = 4 * Math.ceil(elements(shape) / 4);
    const last = runs.at(-1);
    if (last?.decay === decay) last.count += count;
    else runs.push({ first: offset, count, decay });
  }
  const block = laneBlock(plan);
  const [alpha = 0, mu = 0, lambda = 0] = op.hyper.map((column) => column * 4);
  return {
    runs,
    momentum: numberOf(op, 'momentum') === 1,
    nesterov: numberOf(op, 'nesterov') === 1,
    slot: block.slot,
    gradient: block.gradient,
    columns: [alpha, mu, lambda],
  };
}
