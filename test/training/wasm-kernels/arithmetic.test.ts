import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelDots,
  copy,
  product,
  scaleChannels,
  sum,
} from '../../../src/training/executors/wasm/kernels/arithmetic.ts';
import { CLOSE, draw, drawSamples, errorOf, runKernel, samplesOf, tiled } from './harness.ts';

const f = Math.fround;
const floats = (count: number, seed: number) => Float32Array.from(draw(4 * count, seed));
const shape = fc.record({
  count: fc.integer({ min: 1, max: 13 }),
  add: fc.boolean(),
  seed: fc.nat(1000),
});
const planes = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  plane: fc.integer({ min: 1, max: 11 }),
  add: fc.boolean(),
  seed: fc.nat(1000),
});

describe('wasm kernels copy, sum and product', () => {
  it('copy stores or adds the same values', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ count, add, seed }) => {
        const [from, to] = [floats(count, seed), floats(count, seed + 1)];
        const expected = to.map((y, i) => (add ? from[i]! + y : from[i]!));
        await runKernel(copy({ count, add }), [from, to]);
        expect(to).toEqual(expected);
      }),
    );
  });

  it('sum adds its inputs from left to right, also into one of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        async ({ count, seed }, inputs, target) => {
          const parts = Array.from({ length: inputs }, (_, i) => floats(count, seed + i));
          const expected = floats(count, 0).map((_, i) =>
            parts.map((p) => p[i]!).reduce((a, b) => f(a + b)),
          );
          const to = parts[target] ?? new Float32Array(4 * count);
          await runKernel(sum({ inputs, count }), [...parts, to]);
          expect(to).toEqual(expected);
        },
      ),
    );
  });

  it('product multiplies element by element, also in place', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.boolean(), async ({ count, add, seed }, inPlace) => {
        const [a, b] = [floats(count, seed), floats(count, seed + 1)];
        const to = inPlace ? a : floats(count, seed + 2);
        const expected = to.map((y, i) => f(f(a[i]! * b[i]!) + (add ? y : 0)));
        await runKernel(product({ count, add }), [a, b, to]);
        expect(to).toEqual(expected);
      }),
    );
  });
});

describe('wasm kernels for one factor per channel', () => {
  it('scaleChannels multiplies every pixel of a channel by its factor', async () => {
    await fc.assert(
      fc.asyncProperty(planes, async ({ channels, plane, add, seed }) => {
        const count = channels * plane;
        const [a, b, there] = [
          drawSamples(4, count, seed),
          drawSamples(4, channels, seed + 1),
          drawSamples(4, count, seed + 2),
        ];
        const to = tiled(there);
        await runKernel(scaleChannels({ channels, plane, add }), [tiled(a), tiled(b), to]);
        const expected = a.map((sample, s) =>
          sample.map((x, e) => f(f(x * b[s]![Math.floor(e / plane)]!) + (add ? there[s]![e]! : 0))),
        );
        expect(samplesOf(to, count)).toEqual(expected);
      }),
    );
  });

  it('channelDots sums the products of a channel, per sample', async () => {
    await fc.assert(
      fc.asyncProperty(planes, async ({ channels, plane, add, seed }) => {
        const count = channels * plane;
        const [g, a, there] = [
          drawSamples(4, count, seed),
          drawSamples(4, count, seed + 1),
          drawSamples(4, channels, seed + 2),
        ];
        const to = tiled(there);
        await runKernel(channelDots({ channels, plane, add }), [tiled(g), tiled(a), to]);
        const terms = g.map((sample, s) => sample.map((x, e) => x * a[s]![e]!));
        const expected = terms.map((sample, s) =>
          there[s]!.map((y, c) =>
            sample.slice(c * plane, (c + 1) * plane).reduce((x, z) => x + z, add ? y : 0),
          ),
        );
        const size = Math.max(
          ...terms.map((sample) => sample.reduce((x, z) => x + Math.abs(z), 0)),
        );
        expect(errorOf(samplesOf(to, channels).flat(), expected.flat(), size)).toBeLessThan(CLOSE);
      }),
    );
  });

  it('sum a plane in parts if it is longer than one accumulator may sum', async () => {
    const plane = 40_003;
    const ones = new Float32Array(4 * plane).fill(1);
    const to = new Float32Array(4);
    await runKernel(channelDots({ channels: 1, plane, add: false }), [ones, ones.slice(), to]);
    expect([...to]).toEqual([plane, plane, plane, plane]);
  });
});
