/**
 * Compiles a plan to the bytes of a module: gather, the phases of a training step and of an
 * evaluation, the update, and a check for finite weights.
 */
import { at } from '../../../core/at.ts';
import { withoutPauses, type Pausable } from '../../../runtime/pausable.ts';
import { blockSize, elements, type Plan } from '../../plan/plan.ts';
import { ModuleBuilder } from './assembler.ts';
import { chooseFusion } from './fusion.ts';
import { batchPlace, batchSamples, labelsPlace, sampleBytes } from './geometry.ts';
import type { Body } from './instructions.ts';
import { weightsFinite } from './kernels/finite.ts';
import { gather } from './kernels/gather.ts';
import type { Kernel } from './kernels/kernel.ts';
import { samplesToTile } from './kernels/transpose.ts';
import { lower, lowerUpdate } from './lower/index.ts';
import {
  layOut,
  phasesOf,
  step,
  type Layout,
  type Operand,
  type Phase,
  type Scope,
  type KernelStep,
} from './steps.ts';

/** Exports of the module. Addresses are in bytes: the lane's block, and its row of values. */
export interface Kernels {
  readonly gather: (lane: number, row: number, tile: number) => void;
  readonly update: (lane: number, row: number) => void;
  /** Writes 1 if all weights are finite (no exponent has all bits set). */
  readonly finite: (lane: number, result: number) => void;
  /**
   * `train0`, `evaluate0`, …: (lane, row, tile) for a phase that runs per tile, (lane, row, tiles)
   * for one that runs per batch.
   */
  readonly [phase: string]: (lane: number, row: number, tile: number) => void;
}

export interface EmittedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly train: readonly Scope[];
  readonly evaluate: readonly Scope[];
  /** True if the whole batch is gathered first, because there are several phases. */
  readonly whole: boolean;
  /** Address of a tile's labels, which the host writes, and the distance to the next tile's. */
  readonly labels: { readonly address: number; readonly stride: number };
  /** First free byte address after the frame and the places. */
  readonly end: number;
}

/** @param fused use the fused multiply-add of relaxed SIMD */
export function emitModule(plan: Plan, fused: boolean): EmittedModule {
  return withoutPauses(emitting(plan, fused));
}

/** `emitModule` as a computation that can be paused. */
export function* emitting(plan: Plan, fused: boolean): Pausable<EmittedModule> {
  const fusion = chooseFusion(plan);
  const train = phasesOf(yield* lower(plan, plan.train, fusion));
  const evaluate = phasesOf(yield* lower(plan, plan.evaluate, fusion));
  const whole = train.length > 1 || evaluate.length > 1;
  const tiles = Math.ceil(plan.batch / 4);
  const kept = [labelsPlace(plan), batchSamples(plan), batchPlace(plan)];
  const forTrain = yield* layOut(train, kept, tiles, whole);
  const forEvaluate = yield* layOut(evaluate, kept, tiles, whole);
  const module = new KernelModule(fused);
  yield* module.phase('gather', { scope: 'tile', steps: gatherSteps(plan) }, forTrain);
  for (const [k, phase] of train.entries())
    yield* module.phase(`train${String(k)}`, phase, forTrain);
  for (const [k, phase] of evaluate.entries())
    yield* module.phase(`evaluate${String(k)}`, phase, forEvaluate);
  yield* module.calls('update', 2, lowerUpdate(plan));
  yield* module.calls('finite', 2, [
    step('batch', weightsFinite({ count: blockSize(plan) }), { lane: 0 }, { row: 0 }),
  ]);
  const { address, stride } = forTrain.at(labelsPlace(plan));
  return {
    bytes: module.bytes(),
    train: train.map((phase) => phase.scope),
    evaluate: evaluate.map((phase) => phase.scope),
    whole,
    labels: { address, stride },
    end: Math.max(forTrain.end, forEvaluate.end),
  };
}

/** A module in which equal kernels share one function. */
class KernelModule {
  readonly #module: ModuleBuilder;
  readonly #functions = new Map<string, number>();

  constructor(fused: boolean) {
    this.#module = new ModuleBuilder(fused);
  }

  *phase(name: string, { scope, steps }: Phase, layout: Layout): Pausable<void> {
    const functions = yield* this.#functionsOf(steps);
    this.#module.define(
      ['i32', 'i32', 'i32'],
      (body) => {
        steps.forEach(({ operands }, k) => {
          for (const operand of operands) push(body, operand, layout, scope);
          body.call(at(functions, k));
        });
      },
      name,
    );
  }

  /** Defines a function of (lane, row), without places. */
  *calls(name: string, parameters: number, steps: readonly KernelStep[]): Pausable<void> {
    const functions = yield* this.#functionsOf(steps);
    this.#module.define(
      Array.from({ length: parameters }, () => 'i32' as const),
      (body) => {
        steps.forEach(({ operands }, k) => {
          for (const operand of operands) push(body, operand, undefined, 'batch');
          body.call(at(functions, k));
        });
      },
      name,
    );
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#module.bytes();
  }

  *#functionsOf(steps: readonly KernelStep[]): Pausable<number[]> {
    const functions: number[] = [];
    for (const { kernel } of steps) {
      functions.push(this.#function(kernel));
      yield;
    }
    return functions;
  }

  #function(kernel: Kernel): number {
    let index = this.#functions.get(kernel.key);
    if (index === undefined) {
      const parameters = Array.from({ length: kernel.parameters }, (_, i) => i);
      index = this.#module.define(
        parameters.map(() => 'i32' as const),
        (body) => {
          kernel.emit(body, parameters);
        },
      );
      this.#functions.set(kernel.key, index);
    }
    return index;
  }
}

/** Parameters of a phase's function. */
const [LANE, ROW, TILE] = [0, 1, 2];

function push(body: Body, operand: Operand, layout: Layout | undefined, scope: Scope): void {
  if ('word' in operand) body.i32(operand.word);
  else if ('lane' in operand) body.get(LANE).i32(operand.lane).plain('i32.add');
  else if ('row' in operand) body.get(ROW).i32(operand.row).plain('i32.add');
  else if ('tiles' in operand) {
    if (scope === 'tile') body.i32(1);
    else body.get(TILE);
  } else {
    if (layout === undefined) throw new Error(`${operand.place.name}: no layout here`);
    const { address, stride } = layout.at(operand.place);
    body.i32(address + (operand.offset ?? 0));
    if (scope === 'tile' && stride > 0)
      body.get(TILE).i32(stride).plain('i32.mul').plain('i32.add');
  }
}

function gatherSteps(plan: Plan): KernelStep[] {
  const { shape, scale, shift, type } = plan.input;
  const count = elements(shape);
  // Each feature of a vector may have its own scale.
  const alike = scale.every((s) => s === scale[0]) && shift.every((s) => s === shift[0]);
  const channels = alike ? 1 : at(shape, 0);
  const flat = { inset: 0, row: count, plane: count };
  const transfer = {
    grid: { channels: 1, rows: 1, columns: count },
    tile: flat,
    samples: flat,
    sampleBytes: sampleBytes(count),
    add: false,
  };
  return [
    step(
      'tile',
      gather({
        type,
        channels,
        plane: count / channels,
        scale,
        shift,
        sampleBytes: sampleBytes(count),
      }),
      batchSamples(plan),
    ),
    step('tile', samplesToTile(transfer), batchPlace(plan), batchSamples(plan)),
  ];
}
