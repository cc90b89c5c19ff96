import { afterAll, describe, expect, it } from 'vitest';
import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { PRESETS } from '../../../src/training/models/presets.ts';
import { readFixture, relative, walk } from '../../support/pytorch-walk.ts';
import { whereInstalled } from './installed.ts';

const seen: string[] = [];
afterAll(() => {
  if (seen.length > 0)
    console.log(`largest difference of a step's loss from PyTorch's: ${seen.join(', ')}`);
});

whereInstalled('tensorflow trains as PyTorch does', () => {
  describe("TensorFlow: PyTorch's losses", { timeout: 600_000 }, () => {
    it.for([...PRESETS.keys()])('%s: losses of thirty steps agree to 1 %', async (name) => {
      const fixture = readFixture(name);
      const { losses, evaluation } = await walk(new TensorflowExecutor(), fixture);
      const differences = losses.map((loss, t) => relative(loss, fixture.loss64[t]!));
      seen.push(`${name} ${(100 * Math.max(...differences)).toPrecision(2)} %`);
      expect(losses).toHaveLength(30);
      differences.forEach((difference, t) =>
        expect(difference, `step ${String(t)}`).toBeLessThan(0.01),
      );
      expect(relative(evaluation?.loss ?? NaN, fixture.evaluation.loss)).toBeLessThan(0.01);
    });
  });
});
