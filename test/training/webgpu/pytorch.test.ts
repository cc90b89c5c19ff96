import { expect, it } from 'vitest';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { size, slow } from '../../support/effort.ts';
import { readFixture, relative, walk } from '../../support/pytorch-walk.ts';
import { whereGpu } from './software-gpu.ts';

/** Presets whose steps a software GPU computes within a minute of an idle core. */
const NAMES = ['mnist-paper'];
const STEPS = size(4, 30);

// The kernel of form A compiles for ten seconds.
for (const form of slow ? (['A', 'B'] as const) : (['B'] as const))
  whereGpu(`PyTorch: losses of webgpu in form ${form}`, () => {
    const executor = new WebgpuExecutor({ form });
    it.each(NAMES)(`%s: losses of ${String(STEPS)} steps agree to 0.01`, async (name) => {
      const fixture = readFixture(name);
      const { losses, evaluation } = await walk(executor, fixture, STEPS);
      expect(losses).toHaveLength(STEPS);
      for (const [t, loss] of losses.entries())
        expect(relative(loss, fixture.loss64[t]!), `step ${String(t)}`).toBeLessThan(0.01);
      if (evaluation === undefined) return;
      expect(relative(evaluation.loss, fixture.evaluation.loss)).toBeLessThan(0.01);
    });
  });
