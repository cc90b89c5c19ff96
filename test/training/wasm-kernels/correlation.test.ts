import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  correlate,
  type Correlation,
} from '../../../src/training/executors/wasm/kernels/correlate.ts';
import { depthwise } from '../../../src/training/executors/wasm/kernels/depthwise.ts';
import {
  biasGradient,
  weightGradient,
} from '../../../src/training/executors/wasm/kernels/weight-gradient.ts';
import { CLOSE, draw, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const shapes = fc
  .record({
    groups: small(3),
    filters: small(7),
    channels: small(4),
    kernel: fc.tuple(small(4), small(5)),
    stride: fc.tuple(small(3), small(3)),
    outputs: fc.tuple(small(4), small(9)),
    samples: small(9),
    seed: fc.nat(1000),
    bias: fc.boolean(),
    relu: fc.boolean(),
    add: fc.boolean(),
  })
  .map((s) => ({
    ...s,
    rows: (s.outputs[0] - 1) * s.stride[0] + s.kernel[0],
    columns: (s.outputs[1] - 1) * s.stride[1] + s.kernel[1],
  }));
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

interface Operands {
  readonly x: number[][];
  readonly w: number[];
  readonly b: number[];
  readonly y: number[][];
}

function operands(s: Shape): Operands {
  const { groups, filters, channels, kernel, outputs, samples, seed } = s;
  return {
    x: drawSamples(samples, groups * channels * s.rows * s.columns, seed),
    w: draw(groups * filters * channels * kernel[0] * kernel[1], seed + 1),
    b: draw(groups * filters, seed + 2),
    y: drawSamples(samples, groups * filters * outputs[0] * outputs[1], seed + 3),
  };
}

/** Every product of a correlation: indices of output, input and weight. */
function eachProduct(
  s: Shape,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const { groups, filters, channels, kernel, outputs, stride } = s;
  for (let f = 0; f < groups * filters; f++)
    for (let Y = 0; Y < outputs[0]; Y++)
      for (let X = 0; X < outputs[1]; X++)
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < kernel[0]; i++)
            for (let j = 0; j < kernel[1]; j++) {
              const input =
                ((Math.floor(f / filters) * channels + c) * s.rows + Y * stride[0] + i) *
                  s.columns +
                X * stride[1] +
                j;
              visit(
                (f * outputs[0] + Y) * outputs[1] + X,
                input,
                ((f * channels + c) * kernel[0] + i) * kernel[1] + j,
              );
            }
}

function expected(s: Shape, { x, w, b, y }: Operands, sample: number): number[] {
  const plane = s.outputs[0] * s.outputs[1];
  const sums = y[sample]!.map((_, o) => (s.bias ? b[Math.floor(o / plane)]! : 0));
  eachProduct(s, (output, input, weight) => (sums[output]! += x[sample]![input]! * w[weight]!));
  return sums
    .map((sum, o) => (s.add ? y[sample]![o]! : 0) + sum)
    .map((v) => (s.relu ? Math.max(0, v) : v));
}

function correlation(s: Shape): Correlation {
  const { groups, filters, channels, kernel, stride, outputs, bias, relu, add } = s;
  const taps = kernel[0] * kernel[1];
  return {
    groups,
    filters,
    channels,
    kernel,
    rows: outputs[0],
    columns: outputs[1],
    x: { plane: s.rows * s.columns * 16, row: stride[0] * s.columns * 16, column: stride[1] * 16 },
    y: { plane: outputs[0] * outputs[1] * 16, row: outputs[1] * 16, column: 16 },
    tap: { row: s.columns * 16, column: 16 },
    weight: {
      group: filters * channels * taps * 4,
      filter: channels * taps * 4,
      channel: taps * 4,
      row: kernel[1] * 4,
      column: 4,
    },
    bias,
    add,
    relu,
  };
}

function terms({ channels, kernel }: Shape): number {
  return channels * kernel[0] * kernel[1] + 2;
}

describe('wasm kernel correlate', () => {
  it('is Σ w·x over a group’s channels and the taps, for any stride', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawn) => {
        const s = { ...drawn, samples: Math.min(4, drawn.samples) };
        const given = operands(s);
        const y = tiled(given.y);
        await runKernel(correlate(correlation(s)), [
          tiled(given.x),
          Float32Array.from(given.w),
          Float32Array.from(given.b),
          y,
        ]);
        samplesOf(y, given.y[0]!.length, s.samples).forEach((found, sample) => {
          expect(errorOf(found, expected(s, given, sample), terms(s))).toBeLessThan(CLOSE);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('accepts any number of tiles as columns', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawn) => {
        const s: Shape = {
          ...drawn,
          groups: 1,
          kernel: [1, 1],
          stride: [1, 1],
          outputs: [1, 1],
          rows: 1,
          columns: 1,
        };
        const given = operands(s);
        const y = tiled(given.y);
        const kernel = correlate({
          ...correlation(s),
          columns: 'tiles',
          x: { plane: 16, row: 16, column: s.channels * 16 },
          y: { plane: 16, row: 16, column: s.filters * 16 },
        });
        const tiles = Math.ceil(s.samples / 4);
        await runKernel(kernel, [
          tiled(given.x),
          Float32Array.from(given.w),
          Float32Array.from(given.b),
          y,
          tiles,
        ]);
        samplesOf(y, s.filters, s.samples).forEach((found, sample) => {
          expect(errorOf(found, expected(s, given, sample), terms(s))).toBeLessThan(CLOSE);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('sums more than 4,096 terms in several passes', async () => {
    const s: Shape = {
      groups: 1,
      filters: 2,
      channels: 5000,
      kernel: [1, 1],
      stride: [1, 1],
      outputs: [1, 1],
      rows: 1,
      columns: 1,
      samples: 4,
      seed: 5,
      bias: true,
      relu: false,
      add: false,
    };
    const given = operands(s);
    const y = tiled(given.y);
    await runKernel(correlate(correlation(s)), [
      tiled(given.x),
      Float32Array.from(given.w),
      Float32Array.from(given.b),
      y,
    ]);
    samplesOf(y, s.filters, 4).forEach((found, sample) => {
      expect(errorOf(found, expected(s, given, sample), terms(s) / 4)).toBeLessThan(CLOSE);
    });
  });
});

describe('wasm kernel depthwise', () => {
  it('is a correlation of each channel with its own kernel', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawn) => {
        const s: Shape = { ...drawn, channels: 1, filters: 1, samples: Math.min(4, drawn.samples) };
        const given = operands(s);
        const y = tiled(given.y);
        const shape = correlation(s);
        const kernel = depthwise({ ...shape, channels: s.groups, columns: s.outputs[1] });
        await runKernel(kernel, [
          tiled(given.x),
          Float32Array.from(given.w),
          Float32Array.from(given.b),
          y,
        ]);
        samplesOf(y, given.y[0]!.length, s.samples).forEach((found, sample) => {
          expect(errorOf(found, expected(s, given, sample), terms(s))).toBeLessThan(CLOSE);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('wasm kernel weight-gradient', () => {
  it('adds Σ g·x over samples and pixels to the buffer', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (s) => {
        const given = operands(s);
        const { groups, filters, channels, kernel, outputs, stride } = s;
        // The gradient is zero after the last sample.
        const g = tiled([
          ...given.y,
          ...Array.from({ length: (4 - (s.samples % 4)) % 4 }, () => given.y[0]!.map(() => 0)),
        ]);
        const tiles = Math.ceil(s.samples / 4);
        const to = Float32Array.from(given.w);
        const pixels = outputs[0] * outputs[1];
        const kernelOf = weightGradient({
          groups,
          filters,
          channels,
          kernel,
          rows: outputs[0],
          columns: outputs[1],
          x: {
            row: stride[0] * s.columns * 16,
            column: stride[1] * 16,
            tapRow: s.columns * 16,
            tapColumn: 16,
            plane: s.rows * s.columns * 16,
          },
          tile: {
            g: groups * filters * pixels * 16,
            x: groups * channels * s.rows * s.columns * 16,
          },
        });
        await runKernel(kernelOf, [g, tiled(given.x), to, tiles]);
        const sums = [...given.w];
        given.y.forEach((y, sample) => {
          eachProduct(
            s,
            (output, input, weight) => (sums[weight]! += y[output]! * given.x[sample]![input]!),
          );
        });
        expect(errorOf(to, sums, s.samples * pixels)).toBeLessThan(CLOSE);
        const bias = Float32Array.from(given.b);
        await runKernel(biasGradient({ filters: groups * filters, plane: pixels }), [
          g,
          bias,
          tiles,
        ]);
        const biases = given.b.map(
          (b, f) =>
            b +
            given.y.reduce(
              (sum, y) => sum + y.slice(f * pixels, (f + 1) * pixels).reduce((a, v) => a + v, 0),
              0,
            ),
        );
        expect(errorOf(bias, biases, s.samples * pixels)).toBeLessThan(CLOSE);
      }),
      { numRuns: 60 },
    );
  });
});
