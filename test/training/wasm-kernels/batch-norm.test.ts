import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  batchNormEvaluation,
  batchNormGradient,
  type BatchNorm,
} from '../../../src/training/executors/wasm/kernels/batch-norm.ts';
import { CLOSE, draw, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const MOMENTUM = 0.1;
const EPSILON = 1e-5;

const cases = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  plane: fc.integer({ min: 1, max: 10 }),
  n: fc.integer({ min: 1, max: 14 }),
  seed: fc.nat(1000),
  relu: fc.boolean(),
});

/** Returns false for too few samples for a variance: the float32 result is then meaningless. */
const enough = ({ n, plane }: { n: number; plane: number }): boolean =>
  n * plane === 1 || n * plane > 3;

interface Batch {
  readonly x: number[][];
  readonly weight: number[];
  readonly bias: number[];
  readonly runningMean: number[];
  readonly runningVar: number[];
}

function batch(channels: number, plane: number, n: number, seed: number): Batch {
  return {
    x: drawSamples(n, channels * plane, seed).map((sample) =>
      sample.map((x) => Math.fround(3 * x + 1)),
    ),
    weight: draw(channels, seed + 2000).map((w) => Math.fround(w + 1.5)),
    bias: draw(channels, seed + 3000),
    runningMean: draw(channels, seed + 4000),
    runningVar: draw(channels, seed + 5000).map((v) => Math.fround(v + 1.5)),
  };
}

/** Mean, 1/√(v+ε) and v of each channel. */
function statistics(x: readonly (readonly number[])[], channels: number, plane: number) {
  return Array.from({ length: channels }, (_, c) => {
    const values = x.flatMap((sample) => sample.slice(c * plane, (c + 1) * plane));
    const mean = values.reduce((a, v) => a + v, 0) / values.length;
    const variance = values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length;
    return { mean, variance, inverse: 1 / Math.sqrt(variance + EPSILON), m: values.length };
  });
}

const rectified = (relu: boolean) => (y: number) => (relu && y <= 0 ? 0 : y);

async function forward(
  shape: BatchNorm,
  { x, weight, bias, runningMean, runningVar }: Batch,
  inPlace = false,
) {
  const input = tiled(x);
  const y = inPlace ? input : new Float32Array(input.length);
  const [mean, inverse] = [new Float32Array(shape.channels), new Float32Array(shape.channels)];
  const running = [Float32Array.from(runningMean), Float32Array.from(runningVar)] as const;
  const weights = [Float32Array.from(weight), Float32Array.from(bias)];
  const operands = [input, ...weights, ...running, y, mean, inverse, Math.ceil(x.length / 4)];
  await runKernel(batchNorm(shape), operands, { count: x.length });
  return { y, mean, inverse, runningMean: running[0], runningVar: running[1] };
}

describe('wasm kernel batch norm: training', () => {
  it('normalises by the statistics of the valid samples, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases.filter(enough),
        fc.boolean(),
        async ({ channels, plane, n, seed, relu }, inPlace) => {
          const given = batch(channels, plane, n, seed);
          const found = await forward(
            { channels, plane, momentum: MOMENTUM, epsilon: EPSILON, relu },
            given,
            inPlace,
          );
          const truth = statistics(given.x, channels, plane);
          const expected = given.x.map((sample) =>
            sample.map((x, e) => {
              const c = Math.floor(e / plane);
              return rectified(relu)(
                given.weight[c]! * (x - truth[c]!.mean) * truth[c]!.inverse + given.bias[c]!,
              );
            }),
          );
          expect(
            errorOf(samplesOf(found.y, channels * plane, n).flat(), expected.flat(), 4),
          ).toBeLessThan(CLOSE);
          expect(
            errorOf(
              found.mean,
              truth.map((t) => t.mean),
              4,
            ),
          ).toBeLessThan(CLOSE);
          expect(
            errorOf(
              found.inverse,
              truth.map((t) => t.inverse),
            ),
          ).toBeLessThan(CLOSE);
        },
      ),
    );
  });

  it('updates the running statistics with the unbiased variance, which a single number does not change', async () => {
    await fc.assert(
      fc.asyncProperty(cases.filter(enough), async ({ channels, plane, n, seed, relu }) => {
        const given = batch(channels, plane, n, seed);
        const found = await forward(
          { channels, plane, momentum: MOMENTUM, epsilon: EPSILON, relu },
          given,
        );
        const truth = statistics(given.x, channels, plane);
        const moved = (old: number, now: number): number => (1 - MOMENTUM) * old + MOMENTUM * now;
        const means = truth.map((t, c) => moved(given.runningMean[c]!, t.mean));
        const variances = truth.map((t, c) =>
          t.m === 1
            ? given.runningVar[c]!
            : moved(given.runningVar[c]!, (t.variance * t.m) / (t.m - 1)),
        );
        expect(errorOf(found.runningMean, means, 4)).toBeLessThan(CLOSE);
        expect(errorOf(found.runningVar, variances)).toBeLessThan(CLOSE);
        if (n * plane === 1) expect([...found.runningVar]).toEqual(given.runningVar);
      }),
    );
  });

  it('keeps the precision of the variance for a batch far from 0', async () => {
    const x = drawSamples(12, 50, 3).map((sample) => sample.map((v) => Math.fround(100 + v)));
    const given = { ...batch(1, 50, 12, 3), x };
    const found = await forward(
      { channels: 1, plane: 50, momentum: MOMENTUM, epsilon: EPSILON, relu: false },
      given,
    );
    expect(errorOf(found.inverse, [statistics(x, 1, 50)[0]!.inverse])).toBeLessThan(CLOSE);
  });
});

describe('wasm kernel batch norm: gradient', () => {
  it('is that of the whole batch, added to the weights, exactly 0 without a sample, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases.filter(enough),
        fc.record({ wants: fc.boolean(), add: fc.boolean(), inPlace: fc.boolean() }),
        async ({ channels, plane, n, seed, relu }, { wants, add, inPlace }) => {
          const count = channels * plane;
          const given = batch(channels, plane, n, seed);
          const forwards = await forward(
            { channels, plane, momentum: MOMENTUM, epsilon: EPSILON, relu },
            given,
          );
          const gradients = drawSamples(n, count, seed + 60);
          const there = inPlace ? gradients : drawSamples(n, count, seed + 70);
          const g = tiled(gradients);
          const to = inPlace ? g : tiled(there);
          const old = draw(2 * channels, seed + 80);
          const weights = [
            Float32Array.from(old.slice(0, channels)),
            Float32Array.from(old.slice(channels)),
          ] as const;
          const kernel = batchNormGradient({ channels, plane, relu, wants, add: add && !inPlace });
          const before = to.slice();
          await runKernel(
            kernel,
            [
              g,
              forwards.y,
              tiled(given.x),
              Float32Array.from(given.weight),
              forwards.mean,
              forwards.inverse,
              ...weights,
              to,
              Math.ceil(n / 4),
            ],
            { count: n },
          );
          const truth = statistics(given.x, channels, plane);
          const y = samplesOf(forwards.y, count, n);
          const counted = gradients.map((sample, s) =>
            sample.map((v, e) => (relu && y[s]![e]! <= 0 ? 0 : v)),
          );
          const hats = given.x.map((sample) => sample.map((v, e) => {
            const t = truth[Math.floor(e / plane)]!;
            return (v - t.mean) * t.inverse;
          })); // prettier-ignore
          const sums = (of: (s: number, e: number) => number) =>
            truth.map((_, c) => {
              let sum = 0;
              for (let s = 0; s < n; s++)
                for (let e = c * plane; e < (c + 1) * plane; e++) sum += of(s, e);
              return sum;
            });
          const forBias = sums((s, e) => counted[s]![e]!);
          const forWeight = sums((s, e) => counted[s]![e]! * hats[s]![e]!);
          const terms = n * plane;
          expect(
            errorOf(
              weights[0],
              forWeight.map((v, c) => v + old[c]!),
              terms,
            ),
          ).toBeLessThan(CLOSE);
          expect(
            errorOf(
              weights[1],
              forBias.map((v, c) => v + old[channels + c]!),
              terms,
            ),
          ).toBeLessThan(CLOSE);
          if (!wants) {
            expect(to).toEqual(before);
            return;
          }
          const expected = counted.map((sample, s) =>
            sample.map((v, e) => {
              const c = Math.floor(e / plane);
              const { inverse, m } = truth[c]!;
              const gradient =
                given.weight[c]! * inverse * (v - (forBias[c]! + hats[s]![e]! * forWeight[c]!) / m);
              return gradient + (add && !inPlace ? there[s]![e]! : 0);
            }),
          );
          const largest = Math.max(...truth.map((t) => t.inverse)) * 10;
          expect(errorOf(samplesOf(to, count, n).flat(), expected.flat(), largest)).toBeLessThan(
            CLOSE,
          );
          const beyond = samplesOf(to, count).slice(n);
          expect(beyond.flat().map((v) => v + 0)).toEqual(
            beyond.flatMap(() => (add && !inPlace ? there[0]! : Array<number>(count).fill(0))),
          );
        },
      ),
    );
  });
});

describe('wasm kernel batch norm: evaluation', () => {
  it('normalises by the running statistics, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async ({ channels, plane, seed, relu }, inPlace) => {
        const given = batch(channels, plane, 4, seed);
        const x = tiled(given.x);
        const y = inPlace ? x : new Float32Array(x.length);
        const weights = [given.weight, given.bias, given.runningMean, given.runningVar].map((w) =>
          Float32Array.from(w),
        );
        await runKernel(batchNormEvaluation({ channels, plane, epsilon: EPSILON, relu }), [
          x,
          ...weights,
          y,
        ]);
        const expected = given.x.map((sample) =>
          sample.map((v, e) => {
            const c = Math.floor(e / plane);
            const scale = given.weight[c]! / Math.sqrt(given.runningVar[c]! + EPSILON);
            return rectified(relu)(scale * (v - given.runningMean[c]!) + given.bias[c]!);
          }),
        );
        expect(errorOf(samplesOf(y, channels * plane).flat(), expected.flat(), 4)).toBeLessThan(
          CLOSE,
        );
      }),
    );
  });
});
