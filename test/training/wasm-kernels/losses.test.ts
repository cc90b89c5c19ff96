import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanSquaredError } from '../../../src/training/executors/wasm/kernels/mean-squared-error.ts';
import { softmaxCrossEntropy } from '../../../src/training/executors/wasm/kernels/softmax-cross-entropy.ts';
import { CLOSE, draw, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const cases = fc.record({
  classes: fc.integer({ min: 1, max: 12 }),
  valid: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 4, max: 300 }),
  seed: fc.nat(1000),
  training: fc.boolean(),
  range: fc.constantFrom(0, 1, 30),
});

/** The tile's four samples; invalid ones repeat the first. */
const filled = <T>(valid: readonly T[]): T[] =>
  Array.from({ length: 4 }, (_, s) => valid[s] ?? valid[0]!);
const labelsOf = (valid: number, classes: number, seed: number): number[] =>
  draw(valid, seed + 4000).map((x) => Math.min(classes - 1, Math.floor(((x + 1) / 2) * classes)));
const argmax = (z: readonly number[]): number =>
  z.reduce((best, x, k) => (x > z[best]! ? k : best), 0);

/** Runs a loss on a lane with earlier tallies: loss 10, 3 hits. */
function tallies() {
  const tally = Float32Array.of(10, 0);
  new Int32Array(tally.buffer)[1] = 3;
  return { tally, loss: () => tally[0]! - 10, hits: () => new Int32Array(tally.buffer)[1]! - 3 };
}

describe('wasm kernel softmax-cross-entropy', () => {
  it('adds loss and hits of the valid samples, and writes the gradient, exactly 0 for the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.constantFrom(undefined, 0, 0.1, 0.7),
        async ({ classes, valid, n, seed, training, range }, smoothing) => {
          const z = drawSamples(valid, classes, seed).map((sample) => sample.map((x) => x * range));
          const labels = labelsOf(valid, classes, seed);
          const logits = tiled(z);
          const before = logits.slice();
          const { tally, loss, hits } = tallies();
          const s = Math.fround(smoothing ?? 0);
          await runKernel(
            softmaxCrossEntropy({ classes, training, smoothing: smoothing !== undefined }),
            [logits, Int32Array.from(filled(labels)), Float32Array.of(s), tally],
            { valid, share: 1 / n },
          );
          const rows = z.map((row, i) => {
            const top = Math.max(...row);
            const powers = row.map((x) => Math.exp(x - top));
            const sum = powers.reduce((a, x) => a + x);
            const mean = row.reduce((a, x) => a + x) / classes;
            return {
              loss: top + Math.log(sum) - (1 - s) * row[labels[i]!]! - s * mean,
              gradient: powers.map(
                (p, k) => (p / sum - ((k === labels[i] ? 1 - s : 0) + s / classes)) / n,
              ),
            };
          });
          expect(Math.abs(loss() - rows.reduce((a, row) => a + row.loss, 0))).toBeLessThan(
            1e-5 * (10 + range * 8),
          );
          expect(hits()).toBe(z.filter((row, i) => argmax(row) === labels[i]).length);
          if (!training) {
            expect(logits).toEqual(before);
            return;
          }
          const found = samplesOf(logits, classes);
          const expected = rows.flatMap((row) => row.gradient);
          expect(errorOf(found.slice(0, valid).flat(), expected, 2 / n)).toBeLessThan(CLOSE);
          expect(found.slice(valid).flat()).toEqual(Array<number>((4 - valid) * classes).fill(0));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('sums in parts if there are more classes than one accumulator may sum', async () => {
    const classes = 10_000;
    const { tally, loss } = tallies();
    await runKernel(
      softmaxCrossEntropy({ classes, training: false, smoothing: false }),
      [new Float32Array(4 * classes), new Int32Array(4), 0, tally],
      { valid: 1, share: 1 },
    );
    expect(loss()).toBeCloseTo(Math.log(classes), 5);
  });
});

describe('wasm kernel mean-squared-error', () => {
  it('adds loss and hits of the valid samples, and writes the gradient, exactly 0 for the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.constantFrom('classes', 'numbers'),
        async ({ classes: units, valid, n, seed, training }, targets) => {
          const z = drawSamples(valid, units, seed);
          const labels = labelsOf(valid, units, seed);
          const numbers = drawSamples(valid, units, seed + 9);
          const t =
            targets === 'numbers'
              ? numbers
              : labels.map((label) => z[0]!.map((_, k) => (k === label ? 1 : 0)));
          const prediction = tiled(z);
          const before = prediction.slice();
          const { tally, loss, hits } = tallies();
          const target = targets === 'numbers' ? tiled(numbers) : Int32Array.from(filled(labels));
          await runKernel(
            meanSquaredError({ units, training, targets }),
            [prediction, target, tally],
            { valid, share: 1 / n },
          );
          const distances = z.map((row, s) => row.map((x, k) => x - t[s]![k]!));
          const total = distances.flat().reduce((a, d) => a + d * d, 0) / units;
          expect(Math.abs(loss() - total)).toBeLessThan(1e-5 * (10 + total));
          expect(hits()).toBe(
            targets === 'numbers' ? 0 : z.filter((row, i) => argmax(row) === labels[i]).length,
          );
          if (!training) {
            expect(prediction).toEqual(before);
            return;
          }
          const found = samplesOf(prediction, units);
          const expected = distances.flat().map((d) => (2 * d) / (n * units));
          expect(errorOf(found.slice(0, valid).flat(), expected, 1 / (n * units))).toBeLessThan(
            CLOSE,
          );
          expect(
            found
              .slice(valid)
              .flat()
              .map((v) => v + 0),
          ).toEqual(Array<number>((4 - valid) * units).fill(0));
        },
      ),
      { numRuns: 150 },
    );
  });
});
