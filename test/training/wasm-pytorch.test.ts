/**
 * The executor wasm against recorded losses of PyTorch. In full it takes more than 30 s of CPU
 * time, because deep networks train thirty steps and more.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { fuses } from '../../src/training/executors/wasm/fused.ts';
import { WasmExecutor } from '../../src/training/executors/wasm/wasm.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { slow } from '../support/effort.ts';
import { readFixture, relative, walk } from '../support/pytorch-walk.ts';

/** Networks whose thirty steps take ten seconds or more. */
const DEEP = new Set(['resnet-20', 'efficientnet-b0']);

const seen: string[] = [];
afterAll(() => {
  console.log(`largest difference of a step's loss from PyTorch's: ${seen.join(', ')}`);
});

const FORMS: [string, WasmExecutor][] = [['wasm', new WasmExecutor({ fused: false })]];
if (fuses()) FORMS.push(['wasm-fma', new WasmExecutor()]);
else {
  it('wasm-fma has PyTorch’s losses', (context) => {
    context.skip(
      `Node ${process.version} has no relaxed SIMD that fuses multiply and add; Node 22 has`,
    );
  });
}

describe.each(FORMS)('PyTorch: losses of %s', { timeout: 600_000 }, (form, executor) => {
  it.each([...PRESETS.keys()].filter((name) => slow || !DEEP.has(name)))(
    '%s: losses of thirty steps agree to 1 %',
    async (name) => {
      const fixture = readFixture(name);
      const { losses, evaluation } = await walk(executor, fixture);
      const differences = losses.map((loss, t) => relative(loss, fixture.loss64[t]!));
      seen.push(`${name} ${form} ${(100 * Math.max(...differences)).toPrecision(2)} %`);
      expect(losses).toHaveLength(30);
      differences.forEach((difference, t) => expect(difference, `step ${t}`).toBeLessThan(0.01));
      expect(relative(evaluation!.loss, fixture.evaluation.loss)).toBeLessThan(0.01);
    },
  );

  if (!slow) return;
  it('resnet-20 on real images: the loss falls as in PyTorch', async () => {
    const fixture = readFixture('resnet-20-cifar');
    const { losses } = await walk(executor, fixture);
    // Single steps drift apart, in PyTorch's own float32 as well, so means over an epoch of six
    // steps are compared.
    const epochs = (all: readonly number[]): number[] =>
      Array.from(
        { length: all.length / 6 },
        (_, e) => all.slice(6 * e, 6 * e + 6).reduce((a, b) => a + b) / 6,
      );
    const [found, expected] = [epochs(losses), epochs(fixture.loss64)];
    found.forEach((loss, e) =>
      expect(Math.abs(loss - expected[e]!), `epoch ${e}`).toBeLessThan(0.05 * expected[0]!),
    );
    expect(found.at(-1)!).toBeLessThan(0.4 * found[0]!);
  });
});
