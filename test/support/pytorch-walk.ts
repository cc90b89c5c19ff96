/**
 * The runs that PyTorch's results were recorded from (bench/peers/pytorch-fixture.py), by any
 * executor: the same weights, which that script draws with its own Philox, and the same batches.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MNIST } from '../../src/datasets/catalogue.ts';
import type { DatasetView } from '../../src/datasets/dataset-view.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import type { Executor, LaneState } from '../../src/training/executors/executor.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import type { SgdSettings } from '../../src/training/objective/objective.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import { HyperRows } from '../../src/training/run/hyper.ts';
import type { SmallSubject } from './networks.ts';
import { NEVER } from './training.ts';

/** A tensor's norm and sum, and entries at ⌊i·size/count⌋. */
export interface Sketch {
  readonly name: string;
  readonly norm: number;
  readonly sum: number;
  readonly entries: readonly number[];
}

export interface Fixture {
  readonly preset: string;
  readonly data: 'mnist' | 'cifar';
  readonly seed: number;
  readonly batch: number;
  readonly optimizer: SgdSettings;
  /** Values of each step, in float64 and in PyTorch's own float32. */
  readonly loss64: readonly number[];
  readonly loss32: readonly number[];
  /** Values of the first step. */
  readonly gradient: readonly Sketch[];
  /** Values after the last step. */
  readonly weights: readonly Sketch[];
  readonly statistics: readonly Sketch[];
  readonly evaluation: {
    readonly samples: number;
    readonly loss: number;
    readonly correct: number;
  };
}

const FOLDER = new URL('../training/fixtures/', import.meta.url);

export function readFixture(name: string): Fixture {
  return readRecorded(name) as Fixture;
}

export function readRecorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

const views = new Map<Fixture['data'], Promise<DatasetView>>();

/** Reads the dataset once in each process. */
function viewOf(data: Fixture['data']): Promise<DatasetView> {
  const view = views.get(data) ?? readView(data);
  views.set(data, view);
  return view;
}

async function readView(data: Fixture['data']): Promise<DatasetView> {
  if (data === 'mnist')
    return (await loadDataset(MNIST, new URL('../../resources', import.meta.url).pathname)).view;
  // Rows of a label and 3×32×32 bytes, as in CIFAR-10's binary files: 96 of its training images
  // (Krizhevsky 2009).
  const rows = gunzipSync(readFileSync(new URL('cifar-10-96.bin.gz', FOLDER)));
  const samples = rows.length / 3073;
  const x = new Uint8Array(samples * 3072);
  const y = new Uint8Array(samples);
  for (let i = 0; i < samples; i++) {
    y[i] = rows[i * 3073]!;
    x.set(rows.subarray(i * 3073 + 1, (i + 1) * 3073), i * 3072);
  }
  return { samples, shape: [3, 32, 32], classes: 10, sampleType: 'u8', x, y };
}

/** The network, its plan, and the dataset. */
export async function fixtureSubject({
  preset,
  data,
  batch,
  optimizer,
}: Fixture): Promise<SmallSubject> {
  const network = resolveNetwork(PRESETS.get(preset), new Scope({ dropout: 0 }))!;
  return {
    network,
    plan: compilePlan(network, { batch, optimizer }),
    settings: { optimizer },
    view: await viewOf(data),
  };
}

/** Dataset indices of a whole run: the samples in order, repeatedly. */
export function orderOf({ batch, loss64 }: Fixture, { samples }: DatasetView): Uint32Array {
  return Uint32Array.from({ length: loss64.length * batch }, (_, i) => i % samples);
}

export interface Trajectory {
  readonly losses: readonly number[];
  /** After the last step. */
  readonly state: LaneState;
  /**
   * Mean loss and correct of the fixture's evaluation samples; undefined after fewer steps than
   * recorded.
   */
  readonly evaluation: { readonly loss: number; readonly correct: number } | undefined;
}

/**
 * @param steps fewer than recorded, for a slow executor
 * @throws TrainingError of the executor, `unsupported` among them
 */
export async function walk(
  executor: Executor,
  fixture: Fixture,
  steps = fixture.loss64.length,
): Promise<Trajectory> {
  const { network, plan, settings, view } = await fixtureSubject(fixture);
  const executable = await executor.compile(plan, 1, NEVER);
  try {
    await executable.loadDataset(view);
    await executable.begin(fixture.seed, [{ trial: 0, shared: true }]);
    const rows = new HyperRows(plan, network, settings, [{ dropout: 0 }], fixture.loss64.length);
    const order = orderOf(fixture, view);
    const losses: number[] = [];
    for (let t = 0; t < steps; t++) {
      const request = {
        epoch: 0,
        firstStep: t,
        steps: 1,
        order,
        hyper: rows.piece(t, 1),
        rows: rows.rows,
        signal: NEVER,
      };
      const { lanes } = await executable.run(request);
      losses.push(lanes[0]!.lossSum / fixture.batch);
    }
    const state = await executable.readWeights(0);
    if (steps < fixture.loss64.length) return { losses, state, evaluation: undefined };
    const { samples } = fixture.evaluation;
    const [metrics] = await executable.evaluate(order.subarray(0, samples), NEVER);
    return {
      losses,
      state,
      evaluation: { loss: metrics!.lossSum / samples, correct: metrics!.correct },
    };
  } finally {
    await executable.dispose();
  }
}

export function relative(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.abs(expected);
}
