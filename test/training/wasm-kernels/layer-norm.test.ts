import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  layerNorm,
  layerNormGradient,
} from '../../../src/training/executors/wasm/kernels/layer-norm.ts';
import { CLOSE, draw, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const EPSILON = 1e-5;

const cases = fc
  .record({
    shape: fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 20 })),
      fc.tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
      ),
    ),
    over: fc.constantFrom<('all' | 'channels')[]>('all', 'channels'),
    seed: fc.nat(1000),
  })
  .map((given) => {
    const count = given.shape.reduce((a, b) => a * b, 1);
    const terms = given.over === 'channels' ? given.shape[0] : count;
    return { ...given, count, terms, means: count / terms };
  })
  // For two or three similar numbers the float32 result is meaningless.
  .filter(({ terms }) => terms === 1 || terms > 3);

interface Truth {
  readonly mean: number[];
  readonly inverse: number[];
  readonly hat: number[];
}

/** Element e belongs to mean e mod means, and to weight ⌊e / means⌋. */
function truthOf(x: readonly number[], terms: number, means: number): Truth {
  const groups = Array.from({ length: means }, (_, p) =>
    Array.from({ length: terms }, (_, c) => x[c * means + p]!),
  );
  const mean = groups.map((group) => group.reduce((a, v) => a + v, 0) / terms);
  const inverse = groups.map(
    (group, p) =>
      1 / Math.sqrt(group.reduce((a, v) => a + (v - mean[p]!) ** 2, 0) / terms + EPSILON),
  );
  return { mean, inverse, hat: x.map((v, e) => (v - mean[e % means]!) * inverse[e % means]!) };
}

const scaled = (samples: number[][]): number[][] =>
  samples.map((sample) => sample.map((x) => Math.fround(3 * x + 1)));

describe('wasm kernel layer norm', () => {
  it('normalises each sample by its own mean and variance, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.boolean(),
        async ({ shape, over, seed, count, terms, means }, inPlace) => {
          const given = scaled(drawSamples(4, count, seed));
          const [weight, bias] = [draw(terms, seed + 1), draw(terms, seed + 2)];
          const x = tiled(given);
          const y = inPlace ? x : new Float32Array(x.length);
          const [mean, inverse] = [new Float32Array(4 * means), new Float32Array(4 * means)];
          await runKernel(layerNorm({ shape, over, epsilon: EPSILON }), [
            x,
            Float32Array.from(weight),
            Float32Array.from(bias),
            y,
            mean,
            inverse,
          ]);
          const truths = given.map((sample) => truthOf(sample, terms, means));
          const expected = truths.map(({ hat }) =>
            hat.map((v, e) => weight[Math.floor(e / means)]! * v + bias[Math.floor(e / means)]!),
          );
          expect(errorOf(samplesOf(y, count).flat(), expected.flat(), 10)).toBeLessThan(CLOSE);
          // prettier-ignore
          expect(errorOf(samplesOf(mean, means).flat(), truths.flatMap((t) => t.mean), 4)).toBeLessThan(CLOSE);
          // prettier-ignore
          expect(errorOf(samplesOf(inverse, means).flat(), truths.flatMap((t) => t.inverse))).toBeLessThan(CLOSE);
        },
      ),
    );
  });

  it('sums in parts if there are more numbers than one accumulator may sum', async () => {
    const given = [draw(9000, 1)];
    const x = tiled(given);
    const ones = new Float32Array(9000).fill(1);
    const y = new Float32Array(x.length);
    await runKernel(layerNorm({ shape: [9000], over: 'all', epsilon: EPSILON }), [
      x,
      ones,
      new Float32Array(9000),
      y,
      new Float32Array(4),
      new Float32Array(4),
    ]);
    expect(errorOf(samplesOf(y, 9000)[3]!, truthOf(given[0]!, 9000, 1).hat)).toBeLessThan(CLOSE);
  });
});

describe('wasm kernel layer norm gradient', () => {
  it('is that of each sample, added to the weights, also in place; 0 for a sample with gradient 0', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.record({ wants: fc.boolean(), add: fc.boolean(), inPlace: fc.boolean() }),
        async ({ shape, over, seed, count, terms, means }, { wants, add, inPlace }) => {
          const given = scaled(drawSamples(4, count, seed));
          const gradients = drawSamples(4, count, seed + 1).map((sample, s) =>
            s === 2 ? sample.map(() => 0) : sample,
          );
          const there = inPlace ? gradients : drawSamples(4, count, seed + 2);
          const [weight, old] = [draw(terms, seed + 3), draw(2 * terms, seed + 4)];
          const truths = given.map((sample) => truthOf(sample, terms, means));
          const g = tiled(gradients);
          const to = inPlace ? g : tiled(there);
          const before = to.slice();
          const weights = [
            Float32Array.from(old.slice(0, terms)),
            Float32Array.from(old.slice(terms)),
          ] as const;
          const adds = add && !inPlace;
          await runKernel(layerNormGradient({ shape, over, wants, add: adds }), [
            g,
            tiled(given),
            Float32Array.from(weight),
            tiled(truths.map((t) => t.mean)),
            tiled(truths.map((t) => t.inverse)),
            ...weights,
            to,
          ]);
          const sums = (of: (s: number, e: number) => number) =>
            weight.map((_, c) => {
              let sum = 0;
              for (let s = 0; s < 4; s++)
                for (let e = c * means; e < (c + 1) * means; e++) sum += of(s, e);
              return sum;
            });
          const forWeight = sums((s, e) => gradients[s]![e]! * truths[s]!.hat[e]!);
          const forBias = sums((s, e) => gradients[s]![e]!);
          // prettier-ignore
          expect(errorOf(weights[0], forWeight.map((v, c) => v + old[c]!), 4 * means)).toBeLessThan(CLOSE);
          // prettier-ignore
          expect(errorOf(weights[1], forBias.map((v, c) => v + old[terms + c]!), 4 * means)).toBeLessThan(CLOSE);
          if (!wants) {
            expect(to).toEqual(before);
            return;
          }
          const expected = gradients.map((sample, s) => {
            const { inverse, hat } = truths[s]!;
            const h = sample.map((v, e) => v * weight[Math.floor(e / means)]!);
            const meanOf = (values: readonly number[], p: number): number =>
              values.reduce((a, v, e) => (e % means === p ? a + v : a), 0) / terms;
            const dots = h.map((v, e) => v * hat[e]!);
            return h.map((v, e) => {
              const p = e % means;
              return (
                inverse[p]! * (v - meanOf(h, p) - hat[e]! * meanOf(dots, p)) +
                (adds ? there[s]![e]! : 0)
              );
            });
          });
          const largest = Math.max(...truths.flatMap((t) => t.inverse)) * 4;
          const found = samplesOf(to, count);
          expect(errorOf(found.flat(), expected.flat(), largest)).toBeLessThan(CLOSE);
          expect(found[2]!.map((v) => v + 0)).toEqual(adds ? there[2] : found[2]!.map(() => 0));
        },
      ),
    );
  });
});
