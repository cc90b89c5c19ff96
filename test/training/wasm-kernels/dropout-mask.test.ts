import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyOf, philox, PURPOSE } from '../../../src/core/random.ts';
import { dropoutMask } from '../../../src/training/executors/wasm/kernels/dropout-mask.ts';
import { runKernel } from './harness.ts';

it('wasm kernel dropout-mask draws 0 or the scale per position and feature by its own words, for any tile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        features: fc.integer({ min: 1, max: 21 }),
        ordinal: fc.nat(300),
        position: fc.integer({ min: 0, max: 64 }).map((tile) => 4 * tile),
        step: fc.nat(100_000),
        trial: fc.nat(1000),
        seed: fc.maxSafeNat(),
        rate: fc.constantFrom(0, 0.1, 0.5, 0.99),
      }),
      async ({ features, ordinal, position, step, trial, seed, rate }) => {
        const key = keyOf(seed);
        const [threshold, scale] = [Math.floor(rate * 2 ** 32), Math.fround(1 / (1 - rate))];
        const blocks = Math.ceil(features / 4);
        const mask = new Float32Array(16 * blocks);
        const operands = [mask, Uint32Array.of(threshold), Float32Array.of(scale)];
        await runKernel(dropoutMask({ features, ordinal }), operands, {
          position,
          step,
          trial,
          keyLow: key.low,
          keyHigh: key.high,
        });
        const words = new Uint32Array(4);
        const expected = mask.map((_, i) => {
          const [feature, sample] = [i >> 2, i & 3];
          philox(
            key,
            (position + sample) * blocks + (feature >> 2),
            step,
            trial,
            (PURPOSE.dropout << 24) | ordinal,
            words,
          );
          return words[feature & 3]! < threshold ? 0 : scale;
        });
        expect(mask).toEqual(expected);
      },
    ),
  );
});
