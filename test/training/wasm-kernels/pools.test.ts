import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from '../../../src/training/executors/wasm/kernels/pools.ts';
import type { Pool } from '../../../src/training/executors/wasm/kernels/windows.ts';
import { CLOSE, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const axis = fc
  .record({
    inputs: fc.integer({ min: 1, max: 9 }),
    size: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 5 }),
    pad: fc.nat(2),
  })
  .map((a) => ({ ...a, pad: Math.min(a.pad, Math.floor(a.size / 2)) }))
  .filter((a) => a.inputs + 2 * a.pad >= a.size)
  .map((a) => ({ ...a, outputs: Math.floor((a.inputs + 2 * a.pad - a.size) / a.stride) + 1 }));

const pools = fc
  .record({ channels: fc.integer({ min: 1, max: 3 }), down: axis, across: axis })
  .map(({ channels, down, across }): Pool => ({
    channels,
    rows: down.inputs,
    columns: across.inputs,
    outputRows: down.outputs,
    outputColumns: across.outputs,
    size: [down.size, across.size],
    stride: [down.stride, across.stride],
    padding: [down.pad, across.pad],
  }));
const cases = { pool: pools, seed: fc.nat(1000), add: fc.boolean() };
const inputs = (pool: Pool): number => pool.channels * pool.rows * pool.columns;
const outputs = (pool: Pool): number => pool.channels * pool.outputRows * pool.outputColumns;

/** Elements that the window of each output reads, in row order. */
function windowsOf({
  channels,
  rows,
  columns,
  outputRows,
  outputColumns,
  size,
  stride,
  padding,
}: Pool): number[][] {
  const windows: number[][] = [];
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < outputRows; y++)
      for (let x = 0; x < outputColumns; x++) {
        const taps: number[] = [];
        for (let i = y * stride[0] - padding[0]; i < y * stride[0] - padding[0] + size[0]; i++)
          for (let j = x * stride[1] - padding[1]; j < x * stride[1] - padding[1] + size[1]; j++)
            if (i >= 0 && i < rows && j >= 0 && j < columns)
              taps.push((c * rows + i) * columns + j);
        windows.push(taps);
      }
  return windows;
}

/** Few different values, so that ties are frequent. */
const coarse = (samples: number[][]): number[][] =>
  samples.map((sample) => sample.map((x) => Math.round(2 * x) / 2 + 0));

describe('wasm kernel max-pool', () => {
  it('selects the first largest element of each window and gives it the whole gradient', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(cases), async ({ pool, seed, add }) => {
        const x = coarse(drawSamples(4, inputs(pool), seed));
        const windows = windowsOf(pool);
        const y = new Float32Array(4 * outputs(pool));
        const code = new Int32Array(4 * outputs(pool));
        await runKernel(maxPool(pool), [tiled(x), y, code]);
        expect(samplesOf(y, outputs(pool))).toEqual(
          x.map((sample) => windows.map((taps) => Math.max(...taps.map((t) => sample[t]!)))),
        );

        const g = drawSamples(4, outputs(pool), seed + 1);
        const there = drawSamples(4, inputs(pool), seed + 2);
        const to = tiled(there);
        await runKernel(maxPoolGradient({ ...pool, add }), [tiled(g), code, to]);
        const expected = there.map((sample) => sample.map((v) => (add ? v : 0)));
        x.forEach((sample, s) =>
          windows.forEach((taps, w) => {
            const winner = taps.reduce((best, t) => (sample[t]! > sample[best]! ? t : best));
            expected[s]![winner]! += g[s]![w]!;
          }),
        );
        expect(errorOf(samplesOf(to, inputs(pool)).flat(), expected.flat(), 1)).toBeLessThan(CLOSE);
      }),
      { numRuns: 150 },
    );
  });

  it('selects the first of equal elements and never padding', async () => {
    const pool: Pool = {
      channels: 1,
      rows: 2,
      columns: 2,
      outputRows: 2,
      outputColumns: 2,
      size: [2, 2],
      stride: [2, 2],
      padding: [1, 1],
    };
    const y = new Float32Array(16);
    await runKernel(maxPool(pool), [tiled([[-1, -2, -3, -4]]), y, new Int32Array(16)]);
    expect(samplesOf(y, 4)[0]).toEqual([-1, -2, -3, -4]);
    const whole: Pool = {
      channels: 1,
      rows: 2,
      columns: 2,
      outputRows: 1,
      outputColumns: 1,
      size: [2, 2],
      stride: [2, 2],
      padding: [0, 0],
    };
    const code = new Int32Array(4);
    await runKernel(maxPool(whole), [tiled([[7, 7, 7, 7]]), new Float32Array(4), code]);
    const to = new Float32Array(16);
    await runKernel(maxPoolGradient({ ...whole, add: false }), [tiled([[5]]), code, to]);
    expect(samplesOf(to, 4)[0]).toEqual([5, 0, 0, 0]);
  });
});

describe('wasm kernel average-pool', () => {
  it('is the mean of each window’s elements, with the gradient divided evenly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(cases), async ({ pool, seed, add }) => {
        const x = drawSamples(4, inputs(pool), seed);
        const windows = windowsOf(pool);
        const y = new Float32Array(4 * outputs(pool));
        await runKernel(averagePool(pool), [tiled(x), y]);
        const means = x.map((sample) =>
          windows.map((taps) => taps.reduce((a, t) => a + sample[t]!, 0) / taps.length),
        );
        expect(errorOf(samplesOf(y, outputs(pool)).flat(), means.flat(), 1)).toBeLessThan(CLOSE);

        const g = drawSamples(4, outputs(pool), seed + 1);
        const there = drawSamples(4, inputs(pool), seed + 2);
        const to = tiled(there);
        await runKernel(averagePoolGradient({ ...pool, add }), [tiled(g), to]);
        const expected = there.map((sample, s) => {
          const sums = sample.map((v) => (add ? v : 0));
          windows.forEach((taps, w) => taps.forEach((t) => (sums[t]! += g[s]![w]! / taps.length)));
          return sums;
        });
        expect(errorOf(samplesOf(to, inputs(pool)).flat(), expected.flat(), 1)).toBeLessThan(CLOSE);
      }),
      { numRuns: 150 },
    );
  });
});

describe('wasm kernel global-average-pool', () => {
  it('is the mean of a channel, with the gradient divided evenly', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(1000),
        fc.boolean(),
        async (channels, plane, seed, add) => {
          const count = channels * plane;
          const x = drawSamples(4, count, seed);
          const y = new Float32Array(4 * channels);
          await runKernel(globalAveragePool({ channels, plane }), [tiled(x), y]);
          const means = x.map((sample) =>
            Array.from(
              { length: channels },
              (_, c) => sample.slice(c * plane, (c + 1) * plane).reduce((a, v) => a + v, 0) / plane,
            ),
          );
          expect(errorOf(samplesOf(y, channels).flat(), means.flat(), 1)).toBeLessThan(CLOSE);

          const g = drawSamples(4, channels, seed + 1);
          const there = drawSamples(4, count, seed + 2);
          const to = tiled(there);
          await runKernel(globalAveragePoolGradient({ channels, plane, add }), [tiled(g), to]);
          const expected = there.map((sample, s) =>
            sample.map((v, e) => (add ? v : 0) + g[s]![Math.floor(e / plane)]! / plane),
          );
          expect(errorOf(samplesOf(to, count).flat(), expected.flat())).toBeLessThan(CLOSE);
        },
      ),
    );
  });
});
