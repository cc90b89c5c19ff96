/**
 * The executor webgpu against recorded losses of PyTorch. On a software GPU, all of them take many
 * minutes.
 */
import { afterAll, expect, it } from 'vitest';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { slow } from '../../support/effort.ts';
import { readFixture, relative, walk } from '../../support/pytorch-walk.ts';
import { whereGpu } from './software-gpu.ts';

const ON_CHIP = 'mnist-paper';
const QUICK_STEPS = 4;
const STEPS = 30;
/** Presets and steps that a software GPU computes within minutes. */
const NAMES: readonly (readonly [string, number])[] = [
  ['mnist-paper', STEPS],
  ['mlp', STEPS],
  ['lenet-5', STEPS],
  ['cnn', STEPS],
  ['resnet-20', 3],
  ['efficientnet-b0', 3],
];

const seen: string[] = [];
afterAll(() => {
  if (seen.length > 0)
    console.log(`largest difference of a step's loss from PyTorch's: ${seen.join(', ')}`);
});

async function expectLosses(executor: WebgpuExecutor, name: string, steps: number): Promise<void> {
  const fixture = readFixture(name);
  const { losses, evaluation } = await walk(executor, fixture, steps);
  const differences = losses.map((loss, t) => relative(loss, fixture.loss64[t]!));
  seen.push(`${name} ${(100 * Math.max(...differences)).toPrecision(2)} %`);
  expect(losses).toHaveLength(steps);
  for (const [t, difference] of differences.entries())
    expect(difference, `step ${String(t)}`).toBeLessThan(0.01);
  if (evaluation === undefined) return;
  expect(relative(evaluation.loss, fixture.evaluation.loss)).toBeLessThan(0.01);
}

/**
 * Form, preset, steps. The kernel of form A compiles for ten seconds, so it is not in `npm test`.
 */
const CASES: readonly (readonly ['A' | 'B', string, number])[] = slow
  ? [['A', ON_CHIP, STEPS], ...NAMES.map(([name, steps]) => ['B', name, steps] as const)]
  : [['B', ON_CHIP, QUICK_STEPS]];

whereGpu('PyTorch: losses of webgpu', () => {
  it.each(CASES)(
    'form %s, %s: losses of %i steps agree to 1 %',
    { timeout: 3_600_000 },
    (form, name, steps) => expectLosses(new WebgpuExecutor({ form }), name, steps),
  );
});
