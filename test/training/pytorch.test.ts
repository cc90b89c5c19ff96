import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MNIST } from '../../src/training/datasets/catalogue.ts';
import { loadDataset } from '../../src/training/datasets/dataset.ts';
import type { Executor } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import { hyperRow } from '../../src/training/hyper.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import { byWeight, NEVER, SGD, worst } from './support.ts';

/** Recorded by bench/peers/pytorch-fixture.py; it draws the initial weights by its own Philox. */
interface Fixture {
  readonly seed: number;
  readonly loss64: readonly number[];
  readonly loss32: readonly number[];
  readonly gradient: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly evaluation: { readonly loss: number; readonly correct: number };
}
const fixture = JSON.parse(readFileSync(new URL('fixtures/mnist-paper.json', import.meta.url), 'utf8')) as Fixture;
const STEPS = 30;
const BATCH = 128;

interface Trajectory {
  readonly losses: number[];
  readonly gradient: readonly { readonly values: Float32Array }[];
  readonly weights: readonly { readonly name: string; readonly values: Float32Array }[];
  readonly evaluation: { readonly loss: number; readonly correct: number };
}

async function trajectory(executor: Executor): Promise<Trajectory> {
  const network = resolveNetwork(PRESETS.get('mnist-paper'), new Scope({ dropout: 0 }))!;
  const plan = compilePlan(network, { batch: BATCH, optimizer: SGD });
  const executable = await executor.compile(plan, 1, NEVER);
  const { view } = await loadDataset(MNIST, new URL('../../resources', import.meta.url).pathname);
  await executable.loadDataset(view);
  await executable.begin(fixture.seed, [{ trial: 0, shared: true }]);
  const hyper = hyperRow(plan, network, SGD, [{ rate: 0.1, momentum: 0.5, dropout: 0 }]);
  const order = Uint32Array.from({ length: STEPS * BATCH }, (_, i) => i);
  const losses: number[] = [];
  let gradient: Trajectory['gradient'] = [];
  for (let t = 0; t < STEPS; t++) {
    const report = await executable.run({ epoch: 0, firstStep: t, steps: 1, order, hyper, rows: 'run', signal: NEVER });
    losses.push(report.lanes[0]!.lossSum / BATCH);
    // After the first step the momentum is the gradient.
    if (t === 0) gradient = byWeight(plan, (await executable.readWeights(0)).slots[0]!);
  }
  const weights = byWeight(plan, (await executable.readWeights(0)).weights);
  const [metrics] = await executable.evaluate(order.subarray(0, 256), NEVER);
  await executable.dispose();
  return { losses, gradient, weights, evaluation: { loss: metrics!.lossSum / 256, correct: metrics!.correct } };
}

describe('thirty steps of mnist-paper against PyTorch', () => {
  // Weights leave the reference as float32, hence 1e-7 where float64 would give 1e-14.
  it.each<[string, Executor, number, number, number]>([
    ['reference, float64', new ReferenceExecutor(), 1e-8, 1e-7, 1e-7],
    ['wasm, float32', new WasmExecutor(), 1e-4, 1e-5, 1e-4],
  ])('%s', async (_name, executor, lossError, gradientError, weightError) => {
    const found = await trajectory(executor);
    found.losses.forEach((loss, t) => {
      expect(Math.abs(loss - fixture.loss64[t]!) / fixture.loss64[t]!, `loss of step ${t}`).toBeLessThan(lossError);
    });
    fixture.gradient.forEach((expected, k) => {
      expect(worst(found.gradient[k]!.values, expected, 0), `gradient of ${found.weights[k]!.name}`).toBeLessThan(gradientError);
    });
    fixture.weights.forEach((expected, k) => {
      expect(worst(found.weights[k]!.values, expected, 0), found.weights[k]!.name).toBeLessThan(weightError);
    });
    expect(found.evaluation.correct).toBe(fixture.evaluation.correct);
    expect(Math.abs(found.evaluation.loss - fixture.evaluation.loss)).toBeLessThan(lossError);
  });
});
